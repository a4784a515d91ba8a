"""Words and speaker turns in, segments of one speaker each out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from lifestream.domain.transcript import RecognizedSegment, Segment, SpeakerTurn, Word

SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！")  # noqa: RUF001  # full-width marks end sentences too


def segments_by_speaker(
    recognized: Sequence[RecognizedSegment], turns: Sequence[SpeakerTurn]
) -> tuple[Segment, ...]:
    """Segments in time order, cut where the engine, the speaker or a sentence ends.

    No word is lost, added or moved: the text before equals the text after.
    """
    words = [word for segment in recognized for word in segment.words]
    speakers = assign_speakers(words, turns)
    engine_cuts = _segment_ends(recognized)
    runs: list[list[int]] = [[]] if words else []
    for index in range(len(words)):
        runs[-1].append(index)
        if index + 1 < len(words) and _ends_here(index, words, speakers, engine_cuts):
            runs.append([])
    return tuple(
        _segment(number, [words[i] for i in run], speakers[run[0]])
        for number, run in enumerate(runs)
    )


def assign_speakers(words: Sequence[Word], turns: Sequence[SpeakerTurn]) -> list[str | None]:
    """One speaker a word, by the largest overlap; a tie goes to the turn that began first.

    A word outside every turn keeps None. One sweep over both lists, which need not be sorted
    by end: words must be in time order, turns are sorted here.
    """
    ordered = sorted(turns, key=lambda turn: (turn.start_seconds, turn.end_seconds))
    active: list[SpeakerTurn] = []
    upcoming = 0
    speakers: list[str | None] = []
    for word in words:
        while upcoming < len(ordered) and ordered[upcoming].start_seconds < word.end_seconds:
            active.append(ordered[upcoming])
            upcoming += 1
        active = [turn for turn in active if turn.end_seconds > word.start_seconds]
        speakers.append(_most_overlapping(word, active))
    return speakers


def _most_overlapping(word: Word, turns: Sequence[SpeakerTurn]) -> str | None:
    """Overlap is summed over a speaker's turns, since some engines split a turn in two."""
    overlap: dict[str, float] = {}
    for turn in turns:
        shared = min(word.end_seconds, turn.end_seconds) - max(
            word.start_seconds, turn.start_seconds
        )
        if shared > 0:
            overlap[turn.speaker] = overlap.get(turn.speaker, 0.0) + shared
    return max(overlap, key=lambda speaker: overlap[speaker]) if overlap else None


def _segment_ends(recognized: Sequence[RecognizedSegment]) -> set[int]:
    ends, count = set(), 0
    for segment in recognized:
        count += len(segment.words)
        ends.add(count - 1)
    return ends


def _ends_here(
    index: int, words: Sequence[Word], speakers: Sequence[str | None], engine_cuts: set[int]
) -> bool:
    return (
        index in engine_cuts
        or speakers[index] != speakers[index + 1]
        or words[index].text.endswith(SENTENCE_ENDS)
    )


def _segment(number: int, words: Sequence[Word], speaker: str | None) -> Segment:
    return Segment(
        id=number,
        start_seconds=words[0].start_seconds,
        end_seconds=words[-1].end_seconds,
        speaker=speaker,
        text=" ".join(word.text for word in words),
        words=tuple(words),
    )


def turns_of(segments: Sequence[Segment]) -> Iterator[tuple[Segment, ...]]:
    """Consecutive segments of the same speaker, together."""
    if not segments:
        return
    turn = [segments[0]]
    for before, segment in pairwise(segments):
        if segment.speaker != before.speaker:
            yield tuple(turn)
            turn = []
        turn.append(segment)
    yield tuple(turn)
