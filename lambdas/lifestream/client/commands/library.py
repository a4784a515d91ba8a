"""`lifestream search` and `lifestream ask`: everything that was said in any recording."""

from __future__ import annotations

from typing import Annotated

import typer

from lifestream.client.commands import display
from lifestream.client.commands.terminal import (
    AsJson,
    Since,
    Stage,
    console,
    moment,
    say,
    say_json,
)
from lifestream.client.deployment import deployment
from lifestream.errors import UsageError

Speaker = Annotated[
    str | None, typer.Option(help="Only what this speaker said, such as Ada or 'Speaker 1'.")
]
Video = Annotated[str | None, typer.Option(help="Only in this recording, such as talk.mp4.")]


def search(  # noqa: PLR0913
    words: Annotated[str, typer.Argument(help="What you are looking for.")],
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many moments.")] = 5,
    speaker: Speaker = None,
    video: Video = None,
    since: Since = None,
    as_json: AsJson = False,
    stage: Stage = None,
) -> None:
    """Find the moments where something was said.

    Searches by meaning and by exact words. The best moment comes first. The exit code is 0 even if
    nothing is found.
    """
    _require_words(words)
    uploaded_since = moment(since) if since else None
    passages = deployment(stage).search(
        words, limit=limit, speaker=speaker, video=video, since=uploaded_since
    )
    if as_json:
        for passage in passages:
            say_json(passage.model_dump())
        return
    for line in display.passage_lines(passages, words, console):
        say(line)
    if not passages:
        say("Nothing found.")


def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    speaker: Speaker = None,
    video: Video = None,
    since: Since = None,
    as_json: AsJson = False,
    stage: Stage = None,
) -> None:
    """Answer a question with quotes from the recordings.

    Each sentence of the answer has a quote from a transcript, and the time of the quote. The exit
    code is 0 even if the recordings do not answer the question.
    """
    _require_words(question)
    uploaded_since = moment(since) if since else None
    answer = deployment(stage).ask(question, speaker=speaker, video=video, since=uploaded_since)
    if as_json:
        say_json(answer.model_dump())
        return
    for line in display.answer_lines(answer):
        say(line)


def _require_words(text: str) -> None:
    if not text.strip():
        raise UsageError("say what to look for: the text is empty")
