"""`lifestream env`: the settings of a running local stack, for a shell's eval."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cdk_app.local import kept
from lifestream.client.commands import app

SETTINGS = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_SESSION_TOKEN": "", "NAME": "it's $HOME"}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "cache" / "kept.json"
    monkeypatch.setattr(kept, "KEPT", path)
    return path


def test_a_shell_evaluates_the_settings_of_a_running_stack(path: Path) -> None:
    with kept.settings_kept(SETTINGS, path):
        printed = CliRunner().invoke(app, ["env"])

    assert printed.exit_code == 0
    assert [line.split()[0] for line in printed.stdout.splitlines()] == ["export"] * len(SETTINGS)
    shell = subprocess.run(
        ["bash", "-c", f'{printed.stdout}\nprintf "%s|" "$AWS_ENDPOINT_URL" "$NAME"'],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    )
    assert shell.stdout == "http://127.0.0.1:1|it's $HOME|"


def test_only_the_owner_can_read_the_credentials(path: Path) -> None:
    with kept.settings_kept(SETTINGS, path):
        assert path.stat().st_mode & 0o777 == 0o600

    assert not path.exists()


def test_without_a_running_stack_it_says_how_to_start_one(path: Path) -> None:
    result = CliRunner().invoke(app, ["env"])

    assert (result.exit_code, result.stdout) == (1, "")
    assert "lifestream local --keep" in result.stderr
    assert not path.exists()


def test_the_settings_of_a_stack_that_was_killed_are_not_used(path: Path) -> None:
    killed = subprocess.Popen([sys.executable, "-c", "pass"])
    killed.wait()
    path.parent.mkdir()
    path.write_text(json.dumps({"pid": killed.pid, "settings": SETTINGS}))

    assert kept.read_settings(path) is None


def test_a_later_stack_is_the_one_that_is_used(path: Path) -> None:
    with kept.settings_kept(SETTINGS, path):
        later = SETTINGS | {"NAME": "later"}
        path.write_text(json.dumps({"pid": 1, "settings": later}))

    assert json.loads(path.read_text())["settings"]["NAME"] == "later"
