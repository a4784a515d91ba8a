"""Arrange the transcript for the page: turns with paragraphs, and gaps where words are left out.

The stored transcript does not change.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from lifestream.domain.speech.quality import LOW_CONFIDENCE
from lifestream.domain.speech.speakers import display_names, turns_of
from lifestream.domain.transcript import Segment, Transcript, joined
from lifestream.rendering.gaps import Gap

PARAGRAPH_CHARACTERS = 480
UNKNOWN = "Unknown speaker"


class Piece(NamedTuple):
    """Consecutive words of a sentence. `is_unsure`: the engine had little confidence in them."""

    text: str
    is_unsure: bool
    is_glued: bool


class Sentence(NamedTuple):
    """A sentence. `interjector`: its speaker's name, if it interrupts another speaker's turn."""

    segment: Segment
    interjector: str | None = None

    @property
    def pieces(self) -> list[Piece]:
        words, text = self.segment.words, self.segment.text
        if joined(words) != text or all(word.confidence >= LOW_CONFIDENCE for word in words):
            return [Piece(text, is_unsure=False, is_glued=False)]
        runs = groupby(words, key=lambda word: word.confidence < LOW_CONFIDENCE)
        together = ((is_unsure, list(run)) for is_unsure, run in runs)
        return [Piece(joined(run), is_unsure, run[0].is_glued) for is_unsure, run in together]


class Turn(NamedTuple):
    """Consecutive sentences. `speaker` is an id, or None if no speaker was detected."""

    speaker: str | None
    name: str
    sentences: list[Sentence]

    @property
    def start_seconds(self) -> float:
        return self.sentences[0].segment.start_seconds

    @property
    def paragraphs(self) -> list[list[Sentence]]:
        """Return the sentences as paragraphs: a long turn is cut between sentences."""
        cut: list[list[Sentence]] = [[]]
        for sentence in self.sentences:
            if sum(len(one.segment.text) for one in cut[-1]) >= PARAGRAPH_CHARACTERS:
                cut.append([])
            cut[-1].append(sentence)
        return cut


def turns_and_gaps(transcript: Transcript, gaps: Sequence[Gap]) -> Iterator[Turn | Gap]:
    """Yield turns and gaps in time order. A gap ends a turn."""
    names = display_names(transcript.speakers)
    starts = [segment.start_seconds for segment in transcript.segments]
    done = 0
    for gap in gaps:
        until = bisect_left(starts, gap.start_seconds, lo=done)
        yield from merged_turns(transcript.segments[done:until], names)
        yield gap
        done = until
    yield from merged_turns(transcript.segments[done:], names)


def merged_turns(segments: Sequence[Segment], names: dict[str, str]) -> list[Turn]:
    """Return the turns. A turn of a single word becomes an interjection in a neighbouring turn."""
    turns: list[Turn] = []
    waiting: list[Sentence] = []
    for said in turns_of(segments):
        speaker = said[0].speaker
        name = names.get(speaker or "", UNKNOWN)
        if is_one_word(said):
            aside = Sentence(said[0], name if speaker else None)
            (turns[-1].sentences if turns else waiting).append(aside)
        elif turns and turns[-1].speaker == speaker:
            turns[-1].sentences.extend(map(Sentence, said))
        else:
            turns.append(Turn(speaker, name, [*waiting, *map(Sentence, said)]))
            waiting = []
    alone = (sentence.segment for sentence in waiting)  # where there is no turn beside it
    return turns or [
        Turn(s.speaker, names.get(s.speaker or "", UNKNOWN), [Sentence(s)]) for s in alone
    ]


def is_one_word(turn: Sequence[Segment]) -> bool:
    return sum(len(segment.words) for segment in turn) == 1
