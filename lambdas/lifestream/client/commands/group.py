"""Commands by name: the module of a command is imported when the command runs.

`lifestream --help` imports nothing but typer. The commands of this package are listed with their
modules. A command without a module comes from an entry point of the group `lifestream.commands`,
which another package of the environment provides: `local` and `env` need the CDK app.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

ENTRY_POINTS = "lifestream.commands"
NOT_INSTALLED = """\
`lifestream {name}` runs the CDK app, which is not installed here.
Clone the repository, run `make install` in it, then `source .venv/bin/activate`."""


class Summary(NamedTuple):
    """`module` has a function, or a group of commands, named like the command."""

    text: str
    module: str | None


def _here(module: str, text: str) -> Summary:
    return Summary(text, f"{__package__}.{module}")


COMMANDS = {
    "upload": _here("jobs", "Upload recordings. Each one becomes a job."),
    "list": _here("jobs", "List the latest jobs."),
    "status": _here("jobs", "Show how far a job is, or why it failed and what to do."),
    "cancel": _here("jobs", "Cancel a job that is waiting or running."),
    "results": _here("results", "Show the results of a job, open them, or copy the files."),
    "export": _here("results", "Copy everything about a job, the video included, to a folder."),
    "search": _here("library", "Find the moments where something was said."),
    "ask": _here("library", "Answer a question with quotes from the recordings."),
    "speakers": _here("speakers", "Name speakers, and forget voices."),
    "redrive": _here("recovery", "Run failed jobs again. Finished steps are not repeated."),
    "reconcile": _here("recovery", "Find and repair lost work now instead of at the next hour."),
    "restore": _here("recovery", "Rebuild job table and index from the bucket, after a loss."),
    "erase": _here("erasure", "Erase everything about jobs, for good."),
    "receipt": _here("erasure", "Show the receipt of an erasure, and check its signature."),
    "hold": _here("retention", "Put a job on legal hold, or release it."),
    "retention": _here("retention", "Show what will be deleted, and when."),
    "login": _here("access", "Sign in. Commands then work without AWS credentials."),
    "logout": _here("access", "Forget the sign-in on this computer."),
    "models": _here("models", "Copy the speech models from their hub to the deployment."),
    "doctor": _here("doctor", "Check that a deployed stage is ready for its first video."),
    "local": Summary("Run the whole pipeline on this machine, without an AWS account.", None),
    "env": Summary("Print the settings of a running `lifestream local --keep`.", None),
}


class CommandGroup(TyperGroup):
    """Knows its commands by name and summary until one of them runs."""

    def __init__(self, **settings: Any) -> None:
        known = {
            name: TyperCommand(name, help=command.text, rich_markup_mode=None)
            for name, command in COMMANDS.items()
        }
        super().__init__(**settings | {"commands": known})

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return name, load(name) if name else command, rest

    def invoke(self, ctx: Any) -> Any:
        from lifestream.client.commands.terminal import plain_errors

        with plain_errors(ctx):
            return super().invoke(ctx)


def load(name: str) -> Any:
    """The command itself, of typer's own type."""
    found = _found(name)
    if isinstance(found, typer.Typer):
        group = found
    else:
        group = typer.Typer(add_completion=False, rich_markup_mode=None)
        group.command(name)(found)
    command = typer.main.get_command(group)
    command.name = name
    return command


def _found(name: str) -> Any:
    """The function or group of commands. Ends the program if it is not installed."""
    module = COMMANDS[name].module
    if module:
        return getattr(import_module(module), name if name != "list" else "list_jobs")
    for entry_point in entry_points(group=ENTRY_POINTS, name=name):
        return entry_point.load()
    typer.echo(NOT_INSTALLED.format(name=name), err=True)
    raise typer.Exit(1)
