"""Match each word to a speaker turn, and cut the text into segments of one speaker each.

A word goes to the speaker who talks during it, else to the nearest turn within half a second, else
to the speaker of its neighbours in the sentence. A function word on its own ("the", "to") is no
turn: the times of the two engines differ by more than such a word takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from lifestream.domain.transcript import RecognizedSegment, Segment, SpeakerTurn, Word, joined

SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！")  # noqa: RUF001  # full-width marks end sentences too
REACH = 500
"""The longest distance in milliseconds between a word and a turn that it may belong to."""
ENGLISH = """
    a an the this that these those my your his her its our their
    i you he she it we they me him us them who which what
    and or but nor so if as than because while
    of to in on at by for with from into about over under up out
    am is are was were be been being have has had do does did
    will would can could shall should may might must not i'm it's that's
"""
FUNCTION_WORDS = frozenset(ENGLISH.split())
"""English only: in other languages such words keep the speaker of their turn."""
Milliseconds = NDArray[np.int64]
Speakers = list[str | None]


def segments_by_speaker(
    recognized: Sequence[RecognizedSegment], turns: Sequence[SpeakerTurn]
) -> tuple[Segment, ...]:
    """Return segments in time order, cut at every change of engine segment, speaker or sentence.

    No word is lost, added or moved: the text before equals the text after.
    """
    words = [word for segment in recognized for word in segment.words]
    speakers = iter(assign_speakers(words, turns))
    runs = (
        (source, run)
        for source in recognized
        for sentence in _sentences(source.words)
        for run in _runs(sentence, smoothed(sentence, [next(speakers) for _ in sentence]))
    )
    return tuple(
        _segment(number, source, speaker, words)
        for number, (source, (speaker, words)) in enumerate(runs)
    )


def assign_speakers(words: Sequence[Word], turns: Sequence[SpeakerTurn]) -> Speakers:
    """Return one speaker per word: the one who talks longest during it, in whole milliseconds.

    On a tie, the speaker who began first wins (the turn that still lasts, sorted by start, then
    end). A word outside every turn goes to the nearest one within REACH, or to the first of equally
    near ones; further away it keeps None. Neither words nor turns need be sorted; turns may
    overlap, and those of one speaker add up. Takes time proportional to (words + turns) ·
    log(turns) per speaker.
    """
    if not words or not turns:
        return [None] * len(words)
    starts, ends = _milliseconds(words)
    ordered = sorted(turns, key=lambda turn: (turn.start_seconds, turn.end_seconds))
    names = list(dict.fromkeys(turn.speaker for turn in ordered))
    of_name = {name: [i for i, t in enumerate(ordered) if t.speaker == name] for name in names}
    rows = [_talk_time(ordered, of_name[name], starts, ends) for name in names]
    overlap = np.stack([shared for shared, _ in rows])
    began = np.stack([first for _, first in rows])
    longest = overlap.max(axis=0)
    winner = np.where(overlap == longest, began, len(ordered)).argmin(axis=0)
    speakers: Speakers = [names[i] for i in winner.tolist()]
    outside = np.flatnonzero(longest == 0)
    for i, turn in zip(outside, _nearest(ordered, starts[outside], ends[outside]), strict=True):
        speakers[i] = turn.speaker if turn else None
    return speakers


def smoothed(sentence: Sequence[Word], speakers: Speakers) -> Speakers:
    """Return the speakers of a sentence without gaps and stray function words.

    A word without a speaker gets that of the nearest word. A function word between words of other
    speakers gets the speaker of the next word or, at the end of the sentence, of the one before.
    """
    smoothed = _filled(sentence, speakers)
    for i in reversed(range(len(sentence))):
        beside = [smoothed[j] for j in (i + 1, i - 1) if 0 <= j < len(sentence)]
        if beside and smoothed[i] not in beside and _is_function_word(sentence[i]):
            smoothed[i] = beside[0]
    return smoothed


def _filled(sentence: Sequence[Word], speakers: Speakers) -> Speakers:
    """Fill gaps from the nearest word; of two that are equally near, from the one before."""
    known = [i for i, speaker in enumerate(speakers) if speaker]
    if not known or None not in speakers:
        return list(speakers)
    nearest = [min((abs(j - i), j) for j in known)[1] for i in range(len(sentence))]
    return [speakers[j] for j in nearest]


def _is_function_word(word: Word) -> bool:
    return word.text.strip(",;:-\u2014\"' ").lower().replace("\u2019", "'") in FUNCTION_WORDS


def _nearest(
    ordered: Sequence[SpeakerTurn], starts: Milliseconds, ends: Milliseconds
) -> Iterator[SpeakerTurn | None]:
    """Yield the nearest turn of each word, or None. Only the turns around the word are compared."""
    begins, finishes = _milliseconds(ordered)
    first = np.searchsorted(np.maximum.accumulate(finishes), starts - REACH, side="left")
    beyond = np.searchsorted(begins, ends + REACH, side="right")
    for start, end, i, j in zip(starts, ends, first, beyond, strict=True):
        gaps = np.maximum(begins[i:j] - end, start - finishes[i:j]).clip(min=0)
        yield ordered[i + gaps.argmin()] if gaps.size and gaps.min() <= REACH else None


def _talk_time(
    turns: Sequence[SpeakerTurn], mine: Sequence[int], starts: Milliseconds, ends: Milliseconds
) -> tuple[Milliseconds, Milliseconds]:
    """Return, per word, how long one speaker talks during it, and that speaker's first turn.

    The time is in milliseconds; the turn is the number of the first one that lasts beyond the start
    of the word.
    """
    begins, finishes = _milliseconds([turns[i] for i in mine])
    shared = _talked_before(ends, begins, finishes) - _talked_before(starts, begins, finishes)
    first = np.searchsorted(np.maximum.accumulate(finishes), starts, side="right")
    numbers = np.append(mine, len(turns))
    return shared, numbers[first]


def _talked_before(at: Milliseconds, begins: Milliseconds, finishes: Milliseconds) -> Milliseconds:
    """Return the sum over all turns of the time that lies before `at`."""
    return _passed_since(at, begins) - _passed_since(at, np.sort(finishes))


def _passed_since(at: Milliseconds, moments: Milliseconds) -> Milliseconds:
    """Return the sum, over all sorted `moments` before `at`, of the time between the two."""
    before = np.searchsorted(moments, at, side="right")
    sums = np.concatenate(([0], np.cumsum(moments)))
    return np.asarray(before * at - sums[before])


def _milliseconds(spans: Sequence[Word] | Sequence[SpeakerTurn]) -> tuple[Milliseconds, ...]:
    """Return (starts, ends)."""
    starts = np.fromiter((s.start_seconds for s in spans), float, len(spans))
    ends = np.fromiter((s.end_seconds for s in spans), float, len(spans))
    return tuple(np.rint(seconds * 1000).astype(np.int64) for seconds in (starts, ends))


def _sentences(words: Sequence[Word]) -> Iterator[list[Word]]:
    sentence: list[Word] = []
    for word in words:
        sentence.append(word)
        if word.text.endswith(SENTENCE_ENDS):
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def _runs(
    sentence: Sequence[Word], speakers: Speakers
) -> Iterator[tuple[str | None, tuple[Word, ...]]]:
    """Yield consecutive words of one speaker."""
    pairs = zip(speakers, sentence, strict=True)
    for speaker, run in groupby(pairs, key=lambda pair: pair[0]):
        yield speaker, tuple(word for _, word in run)


def _segment(
    number: int, source: RecognizedSegment, speaker: str | None, words: tuple[Word, ...]
) -> Segment:
    return Segment(
        id=number,
        start_seconds=words[0].start_seconds,
        end_seconds=words[-1].end_seconds,
        speaker=speaker,
        text=joined(words),
        words=words,
        language=source.language,
    )
