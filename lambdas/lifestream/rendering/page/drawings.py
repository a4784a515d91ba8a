"""Compute the drawings of the page that show who speaks when and how much.

The page's content security policy forbids style attributes, so shapes are SVG paths. Their number
does not grow with the length of the recording.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lifestream.domain.speech.speakers import display_names
from lifestream.domain.transcript import Segment, Span, Transcript

WIDTH = 1_000
"""The width of a lane, whose height is 1."""
SILENCE = -1
BARS, BAR_PITCH, BAR_HEIGHT, BAR_MIDDLE = 48, 12, 150, 100


class Voice(NamedTuple):
    """A speaker. `number`: of the colour. `share`: of all speech, 0 to 1. `lane`: an SVG path."""

    id: str
    name: str
    number: int
    seconds: float
    share: float
    lane: str


def voices_of(transcript: Transcript, colours: int) -> list[Voice]:
    """Return the speakers who say something, in the order of their ids."""
    said: dict[str, list[Segment]] = defaultdict(list)
    for segment in transcript.segments:
        said[segment.speaker or ""].append(segment)
    names = display_names(transcript.speakers)
    seconds = {speaker: sum(map(_seconds, spans)) for speaker, spans in said.items()}
    total = sum(seconds.values()) or 1.0
    return [
        Voice(
            id=speaker,
            name=name,
            number=number % colours,
            seconds=seconds[speaker],
            share=seconds[speaker] / total,
            lane=lane_of(said[speaker], transcript.duration_seconds),
        )
        for number, (speaker, name) in enumerate(names.items())
        if speaker in said
    ]


def lane_of(spans: Iterable[Segment | Span], duration_seconds: float) -> str:
    """Return the SVG path of the spans, in which each of the WIDTH steps is drawn at most once."""
    scale = WIDTH / max(duration_seconds, 0.001)
    path, drawn = [], 0
    for span in spans:
        start = max(int(span.start_seconds * scale), drawn)
        end = min(max(int(span.end_seconds * scale + 0.5), start + 1), WIDTH)
        if end > start:
            path.append(f"M{start} 0H{end}V1H{start}z")
            drawn = end
    return "".join(path)


def bars_of(transcript: Transcript, voices: Sequence[Voice]) -> list[tuple[int, str]]:
    """Return (colour, path) for each colour: together, BARS bars over the length of the recording.

    The height of a bar shows how much is said in its time, and its colour who says most of it.
    """
    talk = [_characters_per_bar(transcript, voice.id) for voice in voices] or [[0] * BARS]
    highest = max(map(sum, zip(*talk, strict=True))) or 1
    paths = dict.fromkeys((SILENCE, *(voice.number for voice in voices)), "")
    for bar, amounts in enumerate(zip(*talk, strict=True)):
        most = amounts.index(max(amounts))
        half = 3 + BAR_HEIGHT / 2 * sum(amounts) / highest
        number = voices[most].number if amounts[most] else SILENCE
        x = BAR_PITCH // 2 + BAR_PITCH * bar
        paths[number] += f"M{x} {BAR_MIDDLE - half:.0f}V{BAR_MIDDLE + half:.0f}"
    return sorted(paths.items())


def _characters_per_bar(transcript: Transcript, speaker: str) -> list[int]:
    characters = [0] * BARS
    per_second = BARS / max(transcript.duration_seconds, 0.001)
    for segment in transcript.segments:
        if (segment.speaker or "") == speaker:
            for word in segment.words:
                bar = int(word.start_seconds * per_second)
                characters[min(max(bar, 0), BARS - 1)] += len(word.text)
    return characters


def _seconds(segment: Segment) -> float:
    return segment.end_seconds - segment.start_seconds
