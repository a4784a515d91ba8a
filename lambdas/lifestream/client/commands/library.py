"""`lifestream search` and `lifestream ask`: what was said anywhere, for who looks for it."""

from __future__ import annotations

from typing import Annotated

import typer

from lifestream.client import library
from lifestream.client.commands import display
from lifestream.client.commands.terminal import Stage, console, moment, plain_errors
from lifestream.client.connection import connect
from lifestream.client.video_service import uploads_key
from lifestream.engines.vector_index import SearchFilter

Speaker = Annotated[str | None, typer.Option(help="Only theirs: SPEAKER_01.")]
Video = Annotated[str | None, typer.Option(help="Only in this one: talk.mp4.")]
Since = Annotated[str | None, typer.Option(help="Only of the last 2h, 3d, or since a date.")]


def search(
    words: Annotated[str, typer.Argument(help="What you are looking for.")],
    limit: Annotated[int, typer.Option(min=1, max=100)] = 5,
    speaker: Speaker = None,
    video: Video = None,
    since: Since = None,
    stage: Stage = None,
) -> None:
    """Find the moment in which something was said."""
    with plain_errors():
        hits = library.search(
            words, connect(stage), limit=limit, search_filter=_among(speaker, video, since)
        )
        console.print(display.hits_table(hits, words) if hits else "Nothing found.")


def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    speaker: Speaker = None,
    video: Video = None,
    since: Since = None,
    stage: Stage = None,
) -> None:
    """Answer a question from the recordings alone; each sentence with the moment that proves it."""
    with plain_errors():
        answer = library.ask(question, connect(stage), search_filter=_among(speaker, video, since))
        for line in display.answer_lines(answer):
            console.print(line, soft_wrap=True)


def _among(speaker: str | None, video: str | None, since: str | None) -> SearchFilter:
    return SearchFilter(
        speaker=speaker,
        key=uploads_key(video) if video else None,
        since=moment(since) if since else None,
    )
