"""A transcript in, how far it can be trusted out."""

from __future__ import annotations

from statistics import fmean
from typing import Literal

from lifestream.domain.job import Frozen
from lifestream.domain.transcript import Segment, Transcript

LOW_CONFIDENCE = 0.5
ENOUGH_CONFIDENCE = 0.7


class Span(Frozen):
    segment_id: int
    start_seconds: float
    end_seconds: float
    confidence: float


class QualityReport(Frozen):
    schema_version: Literal["1"] = "1"
    job_id: str
    duration_seconds: float
    text_seconds: float
    words: int
    speakers: int
    words_without_speaker: int
    mean_word_confidence: float | None
    low_confidence_spans: tuple[Span, ...]
    verdict: str


def assess(transcript: Transcript) -> QualityReport:
    words = [word for segment in transcript.segments for word in segment.words]
    confidence = round(fmean(word.confidence for word in words), 3) if words else None
    return QualityReport(
        job_id=transcript.job_id,
        duration_seconds=transcript.duration_seconds,
        text_seconds=round(sum(s.end_seconds - s.start_seconds for s in transcript.segments), 3),
        words=len(words),
        speakers=len(transcript.speakers),
        words_without_speaker=sum(
            len(segment.words) for segment in transcript.segments if segment.speaker is None
        ),
        mean_word_confidence=confidence,
        low_confidence_spans=tuple(_low_confidence_spans(transcript.segments)),
        verdict=_verdict(confidence),
    )


def _low_confidence_spans(segments: tuple[Segment, ...]) -> list[Span]:
    spans = [
        Span(
            segment_id=segment.id,
            start_seconds=segment.start_seconds,
            end_seconds=segment.end_seconds,
            confidence=round(fmean(word.confidence for word in segment.words), 3),
        )
        for segment in segments
    ]
    return [span for span in spans if span.confidence < LOW_CONFIDENCE]


def _verdict(confidence: float | None) -> str:
    if confidence is None:
        return "No speech was recognized."
    if confidence < LOW_CONFIDENCE:
        return "Much of the text is uncertain; check it against the recording."
    if confidence < ENOUGH_CONFIDENCE:
        return "Most of the text is usable; check names and numbers against the recording."
    return "The engine was confident about most words."
