"""Compute the errors of a transcript: wrong words, wrong speakers, and speech without text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import jiwer
import numpy as np
from numpy.typing import NDArray

from lifestream.domain.speech.quality import QualityReport
from lifestream.domain.speech.timeline import PAUSE_SECONDS, Timeline
from lifestream.domain.text import normalized
from lifestream.domain.transcript import Span, SpeakerTurn, Transcript

FRAMES_PER_SECOND = 100
SHORTEST_LOST_SECONDS = 0.5
"""Shorter spans don't count, because the reference's turns don't start and end exactly with a
word."""


@dataclass(frozen=True)
class DiarizationError:
    """The diarization error as shares of the speech. Their sum may be larger than 1."""

    missed: float
    false: float
    confused: float

    @property
    def rate(self) -> float:
        return self.missed + self.false + self.confused


def word_error(reference: str, text: str) -> float:
    """Return the word error rate of the normalized text."""
    return float(jiwer.wer(_words(reference), _words(text)))


def diarization_error(
    expected: Sequence[SpeakerTurn], found: Sequence[SpeakerTurn]
) -> DiarizationError:
    """Compute the error without a collar, with overlapping speech, for the best speaker mapping.

    In both lists, consecutive turns of a speaker are joined if the pause between them is short.
    """
    from scipy.optimize import linear_sum_assignment

    expected, found = _without_pauses(expected), _without_pauses(found)
    frames = int(max(t.end_seconds for t in [*expected, *found]) * FRAMES_PER_SECOND) + 1
    truth, guess = _activity(expected, frames), _activity(found, frames)
    agreement = truth @ guess.T
    rows, columns = linear_sum_assignment(-agreement)
    spoken, detected, total = truth.sum(axis=0), guess.sum(axis=0), truth.sum()
    matched = agreement[rows, columns].sum()
    return DiarizationError(
        missed=float(np.maximum(spoken - detected, 0).sum() / total),
        false=float(np.maximum(detected - spoken, 0).sum() / total),
        confused=float((np.minimum(spoken, detected).sum() - matched) / total),
    )


def turns_in(transcript: Transcript) -> list[SpeakerTurn]:
    """Return the turns as a reader of the transcript sees them."""
    return [
        SpeakerTurn(speaker=s.speaker, start_seconds=s.start_seconds, end_seconds=s.end_seconds)
        for s in transcript.reliable.segments
        if s.speaker
    ]


def without_text(turns: Iterable[SpeakerTurn], transcript: Transcript) -> list[Span]:
    """Return the spans of speech for which the transcript has no word."""
    words = [word for segment in transcript.segments for word in segment.words]
    text = Timeline(words, gap_seconds=PAUSE_SECONDS)
    return _long_enough(Timeline(turns).without(text))


def lost(silent: Iterable[Span], quality: QualityReport) -> list[Span]:
    """Return the spans of speech without text that the quality report does not list either."""
    reported = Timeline([*quality.missing_text, *quality.loud_without_text])
    return _long_enough(Timeline(silent).without(reported))


def flagged_seconds(turns: Iterable[SpeakerTurn], quality: QualityReport) -> float:
    """Return the seconds of speech that are flagged as hallucinated."""
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
        for speaker, their_turns in groupby(in_order, key=lambda turn: turn.speaker)
        for span in Timeline(their_turns, gap_seconds=PAUSE_SECONDS).spans
    ]


def _activity(turns: Sequence[SpeakerTurn], frames: int) -> NDArray[np.float64]:
    """Return a matrix (speakers, frames) with 1 for each frame in which the speaker speaks."""
    speakers = sorted({turn.speaker for turn in turns})
    matrix = np.zeros((len(speakers), frames))
    for turn in turns:
        first, last = (int(t * FRAMES_PER_SECOND) for t in (turn.start_seconds, turn.end_seconds))
        matrix[speakers.index(turn.speaker), first:last] = 1
    return matrix
