"""How far a transcript is from what was said: words, speakers, and speech that is lost."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import jiwer
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from lifestream.domain.speech.quality import QualityReport
from lifestream.domain.speech.timeline import PAUSE_SECONDS, Timeline
from lifestream.domain.text import normalized
from lifestream.domain.transcript import Span, SpeakerTurn, Transcript

FRAMES_PER_SECOND = 100
SHORTEST_LOST_SECONDS = 0.5
"""The edges of the reference are not exact to the word."""


@dataclass(frozen=True)
class DiarizationError:
    """Shares of the speech; both together may be wrong for more than all of it."""

    missed: float
    false: float
    confused: float

    @property
    def rate(self) -> float:
        return self.missed + self.false + self.confused


def word_error(said: str, text: str) -> float:
    return float(jiwer.wer(_words(said), _words(text)))


def diarization_error(
    expected: Sequence[SpeakerTurn], found: Sequence[SpeakerTurn]
) -> DiarizationError:
    """Without a collar, overlapping speech included, speakers matched for the best.

    A pause of a second, with nobody else in between, belongs to the turn: in both alike.
    """
    expected, found = _without_pauses(expected), _without_pauses(found)
    frames = int(max(t.end_seconds for t in [*expected, *found]) * FRAMES_PER_SECOND) + 1
    truth, guess = _activity(expected, frames), _activity(found, frames)
    agreement = truth @ guess.T
    rows, columns = linear_sum_assignment(-agreement)
    said, heard, total = truth.sum(axis=0), guess.sum(axis=0), truth.sum()
    return DiarizationError(
        missed=float(np.maximum(said - heard, 0).sum() / total),
        false=float(np.maximum(heard - said, 0).sum() / total),
        confused=float((np.minimum(said, heard).sum() - agreement[rows, columns].sum()) / total),
    )


def turns_in(transcript: Transcript) -> list[SpeakerTurn]:
    """As a reader sees them."""
    return [
        SpeakerTurn(speaker=s.speaker, start_seconds=s.start_seconds, end_seconds=s.end_seconds)
        for s in transcript.reliable.segments
        if s.speaker
    ]


def without_text(turns: Iterable[SpeakerTurn], transcript: Transcript) -> list[Span]:
    """Where somebody speaks and no word stands."""
    words = [word for segment in transcript.segments for word in segment.words]
    text = Timeline(words, gap_seconds=PAUSE_SECONDS)
    return _long_enough(Timeline(turns).without(text))


def lost(silent: Iterable[Span], quality: QualityReport) -> list[Span]:
    """Of the speech without text, what the quality report does not name either."""
    named = Timeline([*quality.missing_text, *quality.loud_without_text])
    return _long_enough(Timeline(silent).without(named))


def flagged_seconds(turns: Iterable[SpeakerTurn], quality: QualityReport) -> float:
    """Of the speech, what the hallucination filter takes for invented."""
    flagged = Timeline(quality.flagged)
    spoken = Timeline(turns).spans
    return sum(flagged.seconds_within(s.start_seconds, s.end_seconds) for s in spoken)


def _long_enough(spans: Iterable[Span]) -> list[Span]:
    return [span for span in spans if span.seconds >= SHORTEST_LOST_SECONDS]


def _words(text: str) -> str:
    return re.sub(r"\bmister\b", "mr", normalized(text))


def _without_pauses(turns: Iterable[SpeakerTurn]) -> list[SpeakerTurn]:
    in_order = sorted(turns, key=lambda turn: turn.start_seconds)
    return [
        SpeakerTurn(speaker=speaker, **span.model_dump())
        for speaker, said in groupby(in_order, key=lambda turn: turn.speaker)
        for span in Timeline(said, gap_seconds=PAUSE_SECONDS).spans
    ]


def _activity(turns: Sequence[SpeakerTurn], frames: int) -> NDArray[np.float64]:
    """(speakers, frames): 1 where a speaker speaks."""
    speakers = sorted({turn.speaker for turn in turns})
    matrix = np.zeros((len(speakers), frames))
    for turn in turns:
        first, last = (int(t * FRAMES_PER_SECOND) for t in (turn.start_seconds, turn.end_seconds))
        matrix[speakers.index(turn.speaker), first:last] = 1
    return matrix
