"""The build of the dashboard is reproducible: the same sources give the same bytes anywhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from cdk_app.dashboard_build import built_files
from cdk_app.local.synthesis import ROOT

WEB = ROOT / "web"


def contents(dist: Path) -> dict[str, bytes]:
    return {name: file.read_bytes() for name, file in built_files(dist).items()}


def build(web: Path, **environment: str) -> dict[str, bytes]:
    """Build a copy of the sources in this folder, and return the files."""
    shutil.copytree(WEB, web, ignore=shutil.ignore_patterns("node_modules", "dist"))
    (web / "node_modules").symlink_to(WEB / "node_modules")
    subprocess.run(
        [web / "node_modules/.bin/vite", "build", "--logLevel", "error"],
        cwd=web,
        env=os.environ | environment,
        check=True,
    )
    return contents(web / "dist")


@pytest.fixture(scope="module")
def built() -> dict[str, bytes]:
    """Return the files that `make` has built."""
    return contents(WEB / "dist")


def test_two_builds_are_identical(built: dict[str, bytes], tmp_path: Path) -> None:
    """The second is in another folder, time zone and language."""
    again = build(tmp_path / "elsewhere" / "copy", TZ="Asia/Tokyo", LANG="de_DE.UTF-8")

    assert again == built
    assert {name for name in built if not name.startswith("assets/")} == {"icon.svg", "index.html"}


def test_the_page_has_no_inline_code_and_names_no_other_host(built: dict[str, bytes]) -> None:
    """The content security policy would refuse it."""
    page = built["index.html"].decode()

    assert re.findall(r"<script(?![^>]*\bsrc=)|<style| style=| on\w+=", page) == []
    assert re.findall(r"https?://", page) == []
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert address.removeprefix("/") in built


def test_packages_are_pinned_and_come_from_the_registry_with_a_hash() -> None:
    package = json.loads((WEB / "package.json").read_text())
    locked = json.loads((WEB / "package-lock.json").read_text())["packages"]

    for wanted in (package["dependencies"] | package["devDependencies"]).values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", wanted)
    for name, entry in locked.items():
        assert not name or entry["integrity"].startswith("sha512-")
