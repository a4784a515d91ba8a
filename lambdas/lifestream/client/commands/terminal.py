"""What the commands share: consoles, options, and errors in plain words."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.text import Text

from lifestream.client.aws_errors import explained
from lifestream.domain.text import one_line
from lifestream.errors import (
    ConfigurationError,
    CostCapError,
    KeyRefusedError,
    ModelAlteredError,
    ModelMissingError,
    NotSignedInError,
    PipelineError,
    RequestError,
    TransientError,
    UsageError,
)

FAILED, WRONG_USAGE = 1, 2
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
# An error's own advice is for a job that ended with it. A command has no job to redrive.
COMMAND_ADVICE: dict[type[PipelineError], str] = {
    PipelineError: "Correct what the message names, then run the command again.",
    ConfigurationError: "Correct what the message names, then run the command again.",
    TransientError: "Run the command again in a minute.",
    KeyRefusedError: "Put a valid key into the deployment's secret, then run the command again.",
    CostCapError: "Raise MAX_SUMMARY_DOLLARS or choose a cheaper OPENAI_MODEL, then try again.",
    NotSignedInError: "Sign in with `lifestream login`.",
    ModelMissingError: "Copy the model there with `lifestream models`.",
    ModelAlteredError: "Fetch the model again with `lifestream models`.",
}
# ":secret:" in an ARN is no emoji, and numbers need no colors.
console = Console(emoji=False, highlight=False)
console_of_errors = Console(stderr=True, emoji=False, highlight=False)

Stage = Annotated[
    str | None,
    typer.Option(help="The stage to use, such as dev. Default: the settings in the environment."),
]
Job = Annotated[str, typer.Argument(help="A job's id, or its first characters.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object per line, for scripts.")
]
Language = Annotated[
    str | None, typer.Option(help="Spoken language, such as en. Default: detected.")
]
Speakers = Annotated[int | None, typer.Option(help="Exact number of speakers.")]
Since = Annotated[
    str | None,
    typer.Option(help="Only from this time on: 30m, 2h or 3d ago, or a date such as 2026-11-23."),
]


def plain(text: str) -> str:
    """Untrusted text for the console: on one line, without markup or terminal commands."""
    return escape(one_line(text))


def say(text: RenderableType, *, on: Console = console) -> None:
    """A terminal wraps at words, and cuts a Text with `no_wrap` at its width. Piped, every line
    stays whole."""
    if not on.is_terminal:
        on.print(text, soft_wrap=True)
    elif isinstance(text, Text) and text.no_wrap:
        on.print(text, no_wrap=True, overflow="ellipsis")
    else:
        on.print(text)


def say_json(facts: dict[str, Any]) -> None:
    """In ASCII, so that untrusted text cannot command a terminal."""
    sys.stdout.write(json.dumps(facts) + "\n")


@contextmanager
def plain_errors(context: Any = None) -> Iterator[None]:
    """Say on standard error what is wrong and what to do about it, and exit with 1 or 2."""
    try:
        yield
    except UsageError as error:
        _fail("Error", sentence(str(error)), _see_help(context), code=WRONG_USAGE)
    except ValidationError as error:
        problems = [problem["msg"].removeprefix("Value error, ") for problem in error.errors()]
        _fail("Error", sentence(". ".join(problems)), _see_help(context), code=WRONG_USAGE)
    except RequestError as error:
        _fail("Error", sentence(str(error)), COMMAND_ADVICE.get(type(error), error.advice))
    except PipelineError as error:
        _fail(type(error).__name__, str(error), advice_to(error))
    except FileNotFoundError as error:
        _fail("Error", sentence(str(error)))
    except (ClientError, BotoCoreError) as error:
        problem, advice = explained(error)
        _fail("Error", sentence(problem), advice)


def _fail(label: str, problem: str, advice: str = "", *, code: int = FAILED) -> NoReturn:
    say(f"[red]{label}:[/] {plain(problem)}", on=console_of_errors)
    if advice:
        say(plain(advice), on=console_of_errors)
    raise typer.Exit(code) from None


def _see_help(context: Any) -> str:
    name = getattr(context, "invoked_subcommand", None)
    return f"See `lifestream {name} --help`." if name else "See `lifestream --help`."


def sentence(text: str) -> str:
    """With a capital letter, unless it begins with a name such as --since or talk.mp4."""
    first = text.split(maxsplit=1)[0] if text else ""
    capital = text[:1].upper() + text[1:] if first.isalpha() else text
    return capital if capital.endswith((".", "?")) else f"{capital}."


def advice_to(error: PipelineError) -> str:
    """What the person who typed the command should do."""
    return COMMAND_ADVICE.get(type(error), error.advice)


def count_of_jobs(count: int) -> str:
    return f"{count} job" if count == 1 else f"{count} jobs"


def moment(text: str, option: str = "--since") -> datetime:
    """`30m`, `2h` or `3d` ago, or an ISO date. Raises UsageError."""
    try:
        if text[:-1].isdigit() and text[-1:] in UNITS:
            return datetime.now(UTC) - timedelta(**{UNITS[text[-1]]: int(text[:-1])})
        parsed = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{option} {text!r} is neither a time ago, such as 30m, 2h or 3d, nor a date"
        ) from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
