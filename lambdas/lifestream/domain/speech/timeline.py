"""Arithmetic on sorted, disjoint time spans."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Protocol

from lifestream.domain.transcript import Span, SpeakerTurn, Word

PAUSE_SECONDS = 1.0
"""The longest pause between two words in which no text is missing."""
BREATH_SECONDS = 0.5
"""The longest pause between two stretches of speech that count as one."""


class Stretch(Protocol):
    @property
    def start_seconds(self) -> float: ...
    @property
    def end_seconds(self) -> float: ...


class Timeline:
    """Disjoint spans in time order, in seconds."""

    def __init__(self, spans: Iterable[Stretch], *, gap_seconds: float = 0.0) -> None:
        """Merge spans that overlap or have at most `gap_seconds` between them."""
        self._starts: list[float] = []
        self._ends: list[float] = []
        for start, end in sorted((span.start_seconds, span.end_seconds) for span in spans):
            if self._ends and start <= self._ends[-1] + gap_seconds:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    @property
    def spans(self) -> list[Span]:
        return list(map(_span, self._starts, self._ends))

    @property
    def seconds(self) -> float:
        return sum(self._ends) - sum(self._starts)

    def seconds_within(self, start_seconds: float, end_seconds: float) -> float:
        return sum(end - start for start, end in self.within(start_seconds, end_seconds))

    def without(self, other: Timeline) -> Iterator[Span]:
        """Yield what `other` does not cover."""
        for start, end in zip(self._starts, self._ends, strict=True):
            taken = [*other.within(start, end), (end, end)]
            begins = [start, *(end_of_taken for _, end_of_taken in taken)]
            for begin, (finish, _) in zip(begins, taken, strict=False):
                if begin < finish:
                    yield _span(begin, finish)

    def within(self, start_seconds: float, end_seconds: float) -> Iterator[tuple[float, float]]:
        """Yield the parts that lie between two times."""
        number = bisect_right(self._ends, start_seconds)
        while number < len(self._starts) and self._starts[number] < end_seconds:
            start = max(self._starts[number], start_seconds)
            yield start, min(self._ends[number], end_seconds)
            number += 1


def overlapped(turns: Iterable[SpeakerTurn]) -> Timeline:
    """Return where more than one speaker talks."""
    spans, end = [], 0.0
    for turn in sorted(turns, key=lambda turn: turn.start_seconds):
        if turn.start_seconds < end:
            spans.append(_span(turn.start_seconds, min(end, turn.end_seconds)))
        end = max(end, turn.end_seconds)
    return Timeline(spans)


def without_words(
    stretches: Iterable[Stretch], words: Iterable[Word], *, at_least_seconds: float
) -> tuple[Span, ...]:
    """Return the parts of `stretches` that hold no words, if they are long enough."""
    text = Timeline(words, gap_seconds=PAUSE_SECONDS)
    silent = Timeline(stretches, gap_seconds=BREATH_SECONDS).without(text)
    return tuple(span for span in silent if span.seconds >= at_least_seconds)


def _span(start_seconds: float, end_seconds: float) -> Span:
    return Span(start_seconds=round(start_seconds, 3), end_seconds=round(end_seconds, 3))
