"""The wheel that people install: it has its data files, and type checkers see its types."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
PROGRAM = """
from lifestream.client import Library, VideoService

service = VideoService()
job = service.create_upload_job("talk.mp4")
reveal_type(service.wait(job).status)
reveal_type(service.results(job).transcript().segments[0].start_seconds)
reveal_type(service.results(job).summary())
reveal_type(Library(service.settings).search("plan"))
service.create_upload_job(5)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source, made = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "lambdas", source / "lambdas", ignore=ignored)
    subprocess.run([sys.executable, "-c", BUILD, str(made)], cwd=source, check=True)
    [wheel] = made.glob("*.whl")
    return wheel


def test_the_wheel_holds_every_file_that_the_package_reads(wheel: Path) -> None:
    packaged = {name for name in zipfile.ZipFile(wheel).namelist() if "dist-info" not in name}
    tracked = subprocess.run(
        ["git", "ls-files", "lifestream"],  # noqa: S607
        cwd=ROOT / "lambdas",
        capture_output=True,
        text=True,
        check=True,
    )

    assert "lifestream/py.typed" in packaged
    assert set(tracked.stdout.split()) <= packaged


def test_a_strict_type_checker_sees_the_types_of_the_client(wheel: Path, tmp_path: Path) -> None:
    """The check runs in another folder and environment, with the dependencies of ours."""
    venv.create(tmp_path / "venv")
    [packages] = (tmp_path / "venv").glob("lib/python*/site-packages")
    zipfile.ZipFile(wheel).extractall(packages)
    (packages / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"])
    (tmp_path / "program.py").write_text(PROGRAM)

    checked = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--cache-dir", ROOT / ".mypy_cache/wheel"),
            *("--config-file", "", "--python-executable", tmp_path / "venv/bin/python"),
            "program.py",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": ""},
    )

    assert re.findall(r'Revealed type is "(.*)"', checked.stdout) == [
        "lifestream.domain.job.JobStatus",
        "float",
        "lifestream.domain.summary.Summary | None",
        "list[lifestream.engines.vector_index.Hit]",
    ], checked.stdout + checked.stderr
    [error] = re.findall(r"^.*: error: .*$", checked.stdout, re.MULTILINE)
    assert 'Argument 1 to "create_upload_job"' in error
