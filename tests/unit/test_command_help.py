"""The help of the commands is fast and complete, and the two summaries of a command agree."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from lifestream.client.commands import app, group
from lifestream.client.commands.group import COMMANDS, load

HEAVY = {"boto3", "botocore", "numpy", "pydantic", "rich"}


def test_the_help_lists_every_command_and_the_exit_codes() -> None:
    said = CliRunner().invoke(app, ["--help"]).output

    assert all(f"\n  {name} " in said for name in COMMANDS)
    assert "Exit codes: 0" in said
    assert max(map(len, said.splitlines())) <= 80


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_s_own_help_begins_with_its_summary(name: str) -> None:
    said = CliRunner().invoke(app, [name, "--help"], terminal_width=80)

    assert said.exit_code == 0
    assert COMMANDS[name].text in " ".join(said.output.split())
    assert max(map(len, said.output.splitlines())) <= 80


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_and_option_is_explained(name: str) -> None:
    unexplained = [
        parameter.name
        for command in _commands(load(name))
        for parameter in command.params
        if not getattr(parameter, "help", None)
    ]

    assert unexplained == []


def _commands(command: Any) -> list[Any]:
    return list(getattr(command, "commands", {"": command}).values())


def test_the_commands_import_nothing_heavy_before_one_runs() -> None:
    script = (
        "import sys, lifestream.client; before = {*sys.modules}; import lifestream.client.commands"
    )
    heavy = f"print(sorted(({{*sys.modules}} - before) & {HEAVY}))"

    done = subprocess.run(
        [sys.executable, "-c", f"{script}; {heavy}"], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


def test_a_command_that_is_not_installed_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group, "entry_points", lambda **_wanted: ())

    result = CliRunner().invoke(app, ["local", "talk.mp4"])

    assert result.exit_code == 1
    assert "Clone the repository, run `make install`" in result.stderr


def test_a_command_of_another_package_is_found_by_its_entry_point(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = EntryPoint("env", f"{__name__}:another_command", group.ENTRY_POINTS)
    monkeypatch.setattr(group, "entry_points", lambda **_wanted: (entry,))

    result = CliRunner().invoke(app, ["env"])

    assert result.output == "from another package\n"


def another_command() -> None:
    """Print the settings."""
    typer.echo("from another package")


def test_a_typo_is_wrong_usage_and_gets_a_proposal() -> None:
    result = CliRunner().invoke(app, ["stats"])

    assert result.exit_code == 2
    assert "Did you mean 'status'?" in result.output
