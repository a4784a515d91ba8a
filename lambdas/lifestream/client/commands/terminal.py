"""What the commands of `lifestream` take and say alike, also where something went wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from lifestream.domain.text import one_line
from lifestream.errors import (
    ConfigurationError,
    CostCapError,
    KeyRefusedError,
    ModelAlteredError,
    ModelMissingError,
    PipelineError,
    TransientError,
)

UNITS = {"m": "minutes", "h": "hours", "d": "days"}
# An error's own advice is for a job that ended with it; a command has no job to redrive.
COMMAND_ADVICE: dict[type[PipelineError], str] = {
    PipelineError: "Correct what the message names, then run the command again.",
    ConfigurationError: "Correct what the message names, then run the command again.",
    TransientError: "Run the command again in a minute.",
    KeyRefusedError: "Put a valid key into the deployment's secret, then run the command again.",
    CostCapError: "Raise MAX_SUMMARY_DOLLARS or take a cheaper OPENAI_MODEL, then try again.",
    ModelMissingError: "Put the model there with `lifestream models`.",
    ModelAlteredError: "Fetch the model again with `lifestream models`.",
}
console = Console(emoji=False)  # ":secret:" in an ARN is no emoji
Stage = Annotated[
    str | None, typer.Option(help="Use this stage's stack instead of the environment.")
]
Job = Annotated[str, typer.Argument(help="A job's id, or its first characters.")]


def plain(text: str) -> str:
    """What a stranger may have written, for the console: no markup, and nothing that commands a
    terminal."""
    return escape(one_line(text))


@contextmanager
def plain_errors() -> Iterator[None]:
    """One line of what is wrong and one of what to do, instead of a traceback."""
    try:
        yield
    except PipelineError as error:
        console.print(f"[red]{type(error).__name__}[/]: {plain(str(error))}", soft_wrap=True)
        console.print(plain(advice_to(error)), soft_wrap=True)
        raise typer.Exit(1) from None
    except FileNotFoundError as error:
        console.print(f"[red]{plain(str(error))}[/]", soft_wrap=True)
        raise typer.Exit(1) from None
    except ValidationError as error:
        for problem in error.errors():
            console.print(f"[red]{plain(problem['msg'])}[/]", soft_wrap=True)
        raise typer.Exit(2) from None


def advice_to(error: PipelineError) -> str:
    """What the person who typed the command should do."""
    return COMMAND_ADVICE.get(type(error), error.advice)


def moment(text: str) -> datetime:
    """`30m`, `2h`, `3d` ago, or an ISO date. Raises ConfigurationError."""
    if text[:-1].isdigit() and text[-1:] in UNITS:
        return datetime.now(UTC) - timedelta(**{UNITS[text[-1]]: int(text[:-1])})
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{text!r} is neither like 30m, 2h, 3d nor a date") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
