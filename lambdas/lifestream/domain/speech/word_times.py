"""Words as the recognizer timed them in, words that lie in the speech around them out.

A recognizer's times are estimates: a word ends before the voice does, begins in the pause before
it, or lasts no time at all. The voice detector knows better where speech begins and ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from lifestream.domain.speech.timeline import Stretch, Timeline
from lifestream.domain.transcript import RecognizedSegment, Word

REACH_SECONDS = 0.25
"""How far a word is drawn out to the edge of the speech that it lies in."""


def timed_by_speech(
    segments: Sequence[RecognizedSegment], speech: Iterable[Stretch]
) -> tuple[RecognizedSegment, ...]:
    """The same words. One that spans a pause keeps the longest of its spoken parts; then each is
    drawn out over speech that has no other word. What lies outside all speech stays as it is."""
    voice = Timeline(speech)
    words = [_spoken(word, voice) for segment in segments for word in segment.words]
    timed = _drawn_out(words, voice)
    return tuple(
        segment.model_copy(update={"words": tuple(next(timed) for _ in segment.words)})
        for segment in segments
    )


def _spoken(word: Word, voice: Timeline) -> Word:
    parts = voice.within(word.start_seconds, word.end_seconds)
    longest = max(parts, key=lambda part: part[1] - part[0], default=None)
    return _moved(word, *longest) if longest else word


def _drawn_out(words: Sequence[Word], voice: Timeline) -> Iterator[Word]:
    """Never over the word before or the word after."""
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
