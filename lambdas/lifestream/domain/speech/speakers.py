"""Segments in, what each speaker said in one go out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from lifestream.domain.transcript import Segment, Transcript


def turns_of(segments: Sequence[Segment]) -> Iterator[tuple[Segment, ...]]:
    """Consecutive segments of the same speaker, together."""
    for _, turn in groupby(segments, key=lambda segment: segment.speaker):
        yield tuple(turn)


def names_of(transcript: Transcript) -> dict[str, str]:
    """Speaker id → the name that people read."""
    return {s.id: s.name or name_of(s.id) for s in transcript.speakers}


def name_of(speaker_id: str) -> str:
    """Of a speaker whom nobody has named."""
    return speaker_id.replace("SPEAKER_", "Speaker ")


def said_by(transcript: Transcript) -> Iterator[tuple[str, tuple[Segment, ...]]]:
    """Turn by turn, with the name that people read."""
    names = names_of(transcript)
    for turn in turns_of(transcript.segments):
        yield names.get(turn[0].speaker or "", "Unknown speaker"), turn
