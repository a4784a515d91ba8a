"""`make help` fits a screen and names every target."""

from __future__ import annotations

import re
import subprocess

from cdk_app.local.synthesis import ROOT


def test_help_fits_a_screen() -> None:
    text = _help()

    assert len(text.splitlines()) <= 48
    assert max(map(len, text.splitlines())) <= 80


def test_help_begins_with_a_dozen_targets() -> None:
    everyday, developers = _help().split("For developers:")

    assert len(_targets(everyday)) <= 12
    assert len(_targets(developers)) > 12


def test_every_target_is_in_the_help() -> None:
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    [phony] = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)

    assert set(_targets(_help())) == set(phony.split()) - {"help"}


def _help() -> str:
    return subprocess.run(
        ["/usr/bin/env", "make", "--no-print-directory"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def _targets(text: str) -> list[str]:
    return re.findall(r"^  ([a-z-]+) ", text, re.MULTILINE)
