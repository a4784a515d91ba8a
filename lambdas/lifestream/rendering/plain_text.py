"""Render a transcript as plain text: who spoke, when, and what."""

from __future__ import annotations

from collections.abc import Iterator

from lifestream.domain.speech.speakers import said_by
from lifestream.domain.text import clock, one_line
from lifestream.domain.transcript import Transcript, text_of


def to_text(transcript: Transcript) -> str:
    """Return one paragraph per turn; empty if nothing was said."""
    return "\n".join(_paragraphs(transcript))


def _paragraphs(transcript: Transcript) -> Iterator[str]:
    for speaker, turn in said_by(transcript):
        yield f"{one_line(speaker)} ({clock(turn[0].start_seconds)}): {one_line(text_of(turn))}\n"
