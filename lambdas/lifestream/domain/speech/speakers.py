"""Convert between speaker ids and display names, and join segments into turns.

Diarization and stored data use ids that count from zero: `SPEAKER_00`. The display name is the
name that a user gave, or else "Speaker 1". Every input accepts both forms of the id and the name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from lifestream.domain.text import one_line
from lifestream.domain.transcript import Segment, Speaker, Transcript

STORED_ID = re.compile(r"SPEAKER_([0-9]+)", re.IGNORECASE)
SHOWN_ID = re.compile(r"SPEAKER ([0-9]+)", re.IGNORECASE)


def display_name(speaker_id: str) -> str:
    """Return "Speaker 1" for `SPEAKER_00`, and any other id as it is."""
    found = STORED_ID.fullmatch(speaker_id)
    return f"Speaker {int(found[1]) + 1}" if found else speaker_id


def parse_speaker_id(text: str) -> str | None:
    """Return `SPEAKER_00` for "SPEAKER_00" and for "Speaker 1"; None if the text is neither."""
    text = one_line(text)
    if found := STORED_ID.fullmatch(text):
        return f"SPEAKER_{int(found[1]):02}"
    found = SHOWN_ID.fullmatch(text)
    return f"SPEAKER_{int(found[1]) - 1:02}" if found and int(found[1]) else None


def folded_name(name: str) -> str:
    """Return the name for comparison: without differences of case, width and extra spaces."""
    return one_line(unicodedata.normalize("NFKC", name)).casefold()


def speakers_called(text: str, speakers: Iterable[Speaker]) -> tuple[str, ...]:
    """Return the ids of the speakers with this id (in either form) or this name."""
    speaker_id, name = parse_speaker_id(text), folded_name(text)
    return tuple(
        one.id
        for one in speakers
        if one.id == speaker_id or (one.name and folded_name(one.name) == name)
    )


def display_names(speakers: Iterable[Speaker]) -> dict[str, str]:
    """Return speaker id → display name."""
    return {one.id: one.name or display_name(one.id) for one in speakers}


def names_given(speakers: Iterable[Speaker]) -> dict[str, str]:
    """Return speaker id → name, for the speakers who have a name."""
    return {one.id: one.name for one in speakers if one.name}


def turns_of(segments: Sequence[Segment]) -> Iterator[tuple[Segment, ...]]:
    """Group consecutive segments of the same speaker."""
    for _, turn in groupby(segments, key=lambda segment: segment.speaker):
        yield tuple(turn)


def said_by(transcript: Transcript) -> Iterator[tuple[str, tuple[Segment, ...]]]:
    """Yield (display name, segments) per turn."""
    names = display_names(transcript.speakers)
    for turn in turns_of(transcript.segments):
        yield names.get(turn[0].speaker or "", "Unknown speaker"), turn
