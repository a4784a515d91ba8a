"""A transcript and what the engines heard beside it in, how far it can be trusted out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from statistics import fmean
from typing import Literal

from lifestream.domain.evidence import Evidence
from lifestream.domain.job import Frozen
from lifestream.domain.timeline import Timeline, overlapped
from lifestream.domain.transcript import Flag, Segment, Span, Transcript

LOW_CONFIDENCE = 0.5
ENOUGH_CONFIDENCE = 0.7
SHORTEST_MISSING_SECONDS = 2.0
PAUSE_SECONDS = 1.0
MUCH = 0.1


class UncertainSpan(Span):
    segment_id: int
    confidence: float


class FlaggedSpan(Span):
    segment_id: int
    flags: tuple[Flag, ...]


class LanguageSpan(Span):
    language: str


class QualityReport(Frozen):
    """Shares are between 0 and 1. `speech_seconds` is what voice activity detection found,
    `missing_text` where there is speech and no word; `speaker_certainty` is the share of words
    during which exactly one speaker was heard; `overlap_share` is that of speech with two or
    more."""

    schema_version: Literal["1"] = "1"
    job_id: str
    duration_seconds: float
    speech_seconds: float
    text_seconds: float
    missing_text: tuple[Span, ...]
    flagged: tuple[FlaggedSpan, ...]
    low_confidence: tuple[UncertainSpan, ...]
    languages: tuple[LanguageSpan, ...]
    words: int
    speakers: int
    words_without_speaker: int
    speaker_certainty: float | None
    overlap_share: float
    mean_word_confidence: float | None
    verdict: str


def assess(transcript: Transcript, evidence: Evidence) -> QualityReport:
    """Words that are not believed count as flagged, and in nothing else."""
    believed = transcript.believed.segments
    words = [word for segment in believed for word in segment.words]
    speech, together = Timeline(evidence.speech), overlapped(evidence.turns)
    confidence = round(fmean([word.confidence for word in words]), 3) if words else None
    report = QualityReport(
        job_id=transcript.job_id,
        duration_seconds=transcript.duration_seconds,
        speech_seconds=round(speech.seconds, 3),
        text_seconds=round(Timeline(words, gap_seconds=PAUSE_SECONDS).seconds, 3),
        missing_text=tuple(_missing_text(speech, transcript)),
        flagged=tuple(_flagged(transcript.segments)),
        low_confidence=tuple(_low_confidence(believed)),
        languages=tuple(_languages(believed, transcript.language)),
        words=len(words),
        speakers=len(transcript.speakers),
        words_without_speaker=sum(len(s.words) for s in believed if s.speaker is None),
        speaker_certainty=_speaker_certainty(believed, together),
        overlap_share=round(together.seconds / max(Timeline(evidence.turns).seconds, 0.001), 3),
        mean_word_confidence=confidence,
        verdict="",
    )
    return report.model_copy(update={"verdict": verdict(report)})


def verdict(report: QualityReport) -> str:
    """One sentence for people who read no numbers."""
    if report.mean_word_confidence is None:
        return "No speech was recognized." + (
            " What the engine wrote is not believed." if report.flagged else ""
        )
    if report.mean_word_confidence < LOW_CONFIDENCE:
        judgement = "Much of the text is uncertain: check it against the recording"
    elif report.mean_word_confidence < ENOUGH_CONFIDENCE:
        judgement = "Most of the text is usable: check names and numbers against the recording"
    else:
        judgement = "The engine was confident about most words"
    return "; ".join([judgement, *_reservations(report)]) + "."


def _reservations(report: QualityReport) -> Iterator[str]:
    missing = sum(span.seconds for span in report.missing_text)
    if missing > MUCH * report.speech_seconds:
        yield f"{missing:.0f} of {report.speech_seconds:.0f} seconds of speech have no text"
    if report.flagged:
        seconds = sum(span.seconds for span in report.flagged)
        yield f"{seconds:.0f} seconds of text were left out because nobody seems to have said them"
    if report.overlap_share > MUCH:
        yield "people often talk at the same time, so some words may stand with the wrong speaker"


def _missing_text(speech: Timeline, transcript: Transcript) -> Iterator[Span]:
    """Against all words: those that are flagged are listed there."""
    words = (word for segment in transcript.segments for word in segment.words)
    text = Timeline(words, gap_seconds=PAUSE_SECONDS)
    return (span for span in speech.without(text) if span.seconds >= SHORTEST_MISSING_SECONDS)


def _flagged(segments: Iterable[Segment]) -> Iterator[FlaggedSpan]:
    for segment in segments:
        if segment.flags:
            yield FlaggedSpan(segment_id=segment.id, flags=segment.flags, **_times(segment))


def _low_confidence(segments: Iterable[Segment]) -> Iterator[UncertainSpan]:
    for segment in segments:
        confidence = round(fmean([word.confidence for word in segment.words]), 3)
        if confidence < LOW_CONFIDENCE:
            yield UncertainSpan(segment_id=segment.id, confidence=confidence, **_times(segment))


def _languages(segments: Sequence[Segment], language: str) -> Iterator[LanguageSpan]:
    for spoken, run in groupby(segments, key=lambda segment: segment.language or language):
        first, *rest = run
        last = rest[-1] if rest else first
        yield LanguageSpan(
            language=spoken, start_seconds=first.start_seconds, end_seconds=last.end_seconds
        )


def _speaker_certainty(segments: Sequence[Segment], together: Timeline) -> float | None:
    """None where there are no words."""
    words = sum(len(segment.words) for segment in segments)
    sure = sum(_sure_words(segment, together) for segment in segments if segment.speaker)
    return round(sure / words, 3) if words else None


def _sure_words(segment: Segment, together: Timeline) -> int:
    if not together.seconds_within(segment.start_seconds, segment.end_seconds):
        return len(segment.words)
    return sum(
        not together.seconds_within(word.start_seconds, word.end_seconds) for word in segment.words
    )


def _times(segment: Segment) -> dict[str, float]:
    return {"start_seconds": segment.start_seconds, "end_seconds": segment.end_seconds}
