"""Align word times with detected speech.

A recognizer's times are estimates: a word ends before the voice does, begins in the pause before
it, or has no duration. The voice detector knows better when speech begins and ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from lifestream.domain.speech.timeline import Stretch, Timeline
from lifestream.domain.transcript import RecognizedSegment, Word

REACH_SECONDS = 0.25
"""How far a word is stretched to the edge of the speech around it."""


def timed_by_speech(
    segments: Sequence[RecognizedSegment], speech: Iterable[Stretch]
) -> tuple[RecognizedSegment, ...]:
    """Return the same words with better times.

    A word that spans a pause keeps the longest of its spoken parts. Then each word is stretched
    over speech that holds no other word. A word outside all speech stays as it is.
    """
    voice = Timeline(speech)
    words = [_trim_to_speech(word, voice) for segment in segments for word in segment.words]
    timed = _stretch_to_speech(words, voice)
    return tuple(
        segment.model_copy(update={"words": tuple(next(timed) for _ in segment.words)})
        for segment in segments
    )


def _trim_to_speech(word: Word, voice: Timeline) -> Word:
    parts = voice.within(word.start_seconds, word.end_seconds)
    longest = max(parts, key=lambda part: part[1] - part[0], default=None)
    return _moved(word, *longest) if longest else word


def _stretch_to_speech(words: Sequence[Word], voice: Timeline) -> Iterator[Word]:
    """Yield the words, stretched, but never over the word before or after."""
    before = 0.0
    for number, word in enumerate(words):
        after = words[number + 1].start_seconds if number + 1 < len(words) else float("inf")
        earliest = max(word.start_seconds - REACH_SECONDS, before)
        latest = min(word.end_seconds + REACH_SECONDS, after)
        around = [
            part
            for part in voice.within(earliest, latest)
            if part[0] <= word.end_seconds and part[1] >= word.start_seconds
        ]
        if around:
            start = min(word.start_seconds, around[0][0])
            word = _moved(word, start, max(word.end_seconds, around[-1][1]))  # noqa: PLW2901
        before = word.end_seconds
        yield word


def _moved(word: Word, start_seconds: float, end_seconds: float) -> Word:
    return replace(word, start_seconds=round(start_seconds, 3), end_seconds=round(end_seconds, 3))
