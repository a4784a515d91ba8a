"""Words and speaker turns in, segments of one speaker each out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from lifestream.domain.transcript import RecognizedSegment, Segment, SpeakerTurn, Word, joined

SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！")  # noqa: RUF001  # full-width marks end sentences too
Milliseconds = NDArray[np.int64]


def segments_by_speaker(
    recognized: Sequence[RecognizedSegment], turns: Sequence[SpeakerTurn]
) -> tuple[Segment, ...]:
    """Segments in time order, cut where the engine, the speaker or a sentence ends.

    No word is lost, added or moved: the text before equals the text after.
    """
    words = [word for segment in recognized for word in segment.words]
    speakers = iter(assign_speakers(words, turns))
    runs = (
        (heard, run) for heard in recognized for run in _runs(heard.words, speakers) if run.words
    )
    return tuple(_segment(number, heard, run) for number, (heard, run) in enumerate(runs))


def assign_speakers(words: Sequence[Word], turns: Sequence[SpeakerTurn]) -> list[str | None]:
    """One speaker a word: who talks longest during it, counted in whole milliseconds.

    On a tie, who began first (the turn that still lasts, sorted by start, then end). A word
    outside every turn keeps None. Neither words nor turns need be sorted; turns may overlap,
    and those of one speaker add up. Time: (words + turns) · log(turns) for each speaker.
    """
    if not words or not turns:
        return [None] * len(words)
    starts, ends = _milliseconds(words)
    ordered = sorted(turns, key=lambda turn: (turn.start_seconds, turn.end_seconds))
    names = list(dict.fromkeys(turn.speaker for turn in ordered))
    of_name = {name: [i for i, t in enumerate(ordered) if t.speaker == name] for name in names}
    rows = [_talking(ordered, of_name[name], starts, ends) for name in names]
    overlap = np.stack([shared for shared, _ in rows])
    began = np.stack([first for _, first in rows])
    longest = overlap.max(axis=0)
    winner = np.where(overlap == longest, began, len(ordered)).argmin(axis=0)
    return [
        names[i] if talked else None
        for i, talked in zip(winner.tolist(), (longest > 0).tolist(), strict=True)
    ]


def _talking(
    turns: Sequence[SpeakerTurn], mine: Sequence[int], starts: Milliseconds, ends: Milliseconds
) -> tuple[Milliseconds, Milliseconds]:
    """For each word: milliseconds that one speaker talks during it, and the number of the first
    turn of theirs that lasts beyond its start."""
    begins, finishes = _milliseconds([turns[i] for i in mine])
    shared = _talked_until(ends, begins, finishes) - _talked_until(starts, begins, finishes)
    first = np.searchsorted(np.maximum.accumulate(finishes), starts, side="right")
    numbers = np.append(mine, len(turns))
    return shared, numbers[first]


def _talked_until(at: Milliseconds, begins: Milliseconds, finishes: Milliseconds) -> Milliseconds:
    """The sum over all turns of how much of each lies before `at`."""
    return _passed_since(at, begins) - _passed_since(at, np.sort(finishes))


def _passed_since(at: Milliseconds, moments: Milliseconds) -> Milliseconds:
    """The sum over all sorted `moments` before `at` of the time between the two."""
    before = np.searchsorted(moments, at, side="right")
    sums = np.concatenate(([0], np.cumsum(moments)))
    return np.asarray(before * at - sums[before])


def _milliseconds(spans: Sequence[Word] | Sequence[SpeakerTurn]) -> tuple[Milliseconds, ...]:
    """(starts, ends)."""
    starts = np.fromiter((s.start_seconds for s in spans), float, len(spans))
    ends = np.fromiter((s.end_seconds for s in spans), float, len(spans))
    return tuple(np.rint(seconds * 1000).astype(np.int64) for seconds in (starts, ends))


class _Run:
    def __init__(self, speaker: str | None) -> None:
        self.speaker = speaker
        self.words: list[Word] = []


def _runs(words: Sequence[Word], speakers: Iterator[str | None]) -> Iterator[_Run]:
    """Consecutive words of one speaker, up to the end of a sentence."""
    run = _Run(None)
    for word in words:
        speaker = next(speakers)
        if speaker != run.speaker or (run.words and run.words[-1].text.endswith(SENTENCE_ENDS)):
            yield run
            run = _Run(speaker)
        run.words.append(word)
    yield run


def _segment(number: int, heard: RecognizedSegment, run: _Run) -> Segment:
    return Segment(
        id=number,
        start_seconds=run.words[0].start_seconds,
        end_seconds=run.words[-1].end_seconds,
        speaker=run.speaker,
        text=joined(run.words),
        words=tuple(run.words),
        language=heard.language,
    )
