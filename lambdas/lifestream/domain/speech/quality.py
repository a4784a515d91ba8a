"""Judge how far a transcript can be trusted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from statistics import fmean
from typing import Literal

from lifestream.domain.base import Frozen
from lifestream.domain.speech.diagnostics import Diagnostics
from lifestream.domain.speech.timeline import PAUSE_SECONDS, Timeline, overlapped, without_words
from lifestream.domain.text import clock
from lifestream.domain.transcript import Flag, Segment, Span, Transcript

LOW_CONFIDENCE = 0.5
ENOUGH_CONFIDENCE = 0.7
SHORTEST_MISSING_SECONDS = 0.5
MISSING_SECONDS, LOUD_SECONDS = 1.0, 5.0
"""A smaller total is in the report, and not in the verdict."""
TIMES_SHOWN = 3
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
    """How far a transcript can be trusted. Shares are between 0 and 1.

    - `speech_seconds`: what voice activity detection found.
    - `missing_text`: speech without words.
    - `loud_without_text`: loud audio without detected speech and without words.
    - `speaker_certainty`: the share of words during which exactly one speaker talks.
    - `overlap_share`: the share of speech with two or more speakers.
    """

    schema_version: Literal["1"] = "1"
    job_id: str
    duration_seconds: float
    speech_seconds: float
    text_seconds: float
    missing_text: tuple[Span, ...]
    loud_without_text: tuple[Span, ...]
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


def assess(transcript: Transcript, diagnostics: Diagnostics) -> QualityReport:
    """Return the report. Flagged words are listed as flagged and count in nothing else."""
    reliable = transcript.reliable.segments
    words = [word for segment in reliable for word in segment.words]
    speech, together = Timeline(diagnostics.speech), overlapped(diagnostics.turns)
    confidence = round(fmean([word.confidence for word in words]), 3) if words else None
    missing, loud = _without_text(transcript, diagnostics)
    report = QualityReport(
        job_id=transcript.job_id,
        duration_seconds=transcript.duration_seconds,
        speech_seconds=round(speech.seconds, 3),
        text_seconds=round(Timeline(words, gap_seconds=PAUSE_SECONDS).seconds, 3),
        missing_text=missing,
        loud_without_text=loud,
        flagged=tuple(_flagged(transcript.segments)),
        low_confidence=tuple(_low_confidence(reliable)),
        languages=tuple(_languages(reliable, transcript.language)),
        words=len(words),
        speakers=len(transcript.speakers),
        words_without_speaker=sum(len(s.words) for s in reliable if s.speaker is None),
        speaker_certainty=_speaker_certainty(reliable, together),
        overlap_share=round(together.seconds / max(Timeline(diagnostics.turns).seconds, 0.001), 3),
        mean_word_confidence=confidence,
        verdict="",
    )
    return report.model_copy(update={"verdict": verdict(report)})


def verdict(report: QualityReport) -> str:
    """Return one sentence for people who do not read the numbers."""
    return "; ".join([_judgement(report), *_reservations(report)]) + "."


def _judgement(report: QualityReport) -> str:
    if report.mean_word_confidence is None:
        return "No speech was recognized"
    if report.mean_word_confidence < LOW_CONFIDENCE:
        return "Much of the text is uncertain: check it against the recording"
    if report.mean_word_confidence < ENOUGH_CONFIDENCE:
        return "Most of the text is usable: check names and numbers against the recording"
    return "The engine was confident about most words"


def _reservations(report: QualityReport) -> Iterator[str]:
    missing = sum(span.seconds for span in report.missing_text)
    if missing >= MISSING_SECONDS:
        yield (
            f"{missing:.0f} of {report.speech_seconds:.0f} seconds of speech have no text "
            f"({_when(report.missing_text)})"
        )
    loud = sum(span.seconds for span in report.loud_without_text)
    if loud >= LOUD_SECONDS:
        yield (
            f"{loud:.0f} seconds are loud but have no recognizable words: music, noise, "
            f"or speech ({_when(report.loud_without_text)})"
        )
    if report.flagged:
        seconds = sum(span.seconds for span in report.flagged)
        yield f"{seconds:.0f} seconds of text were left out as probable hallucinations"
    if report.overlap_share > MUCH:
        yield "people often talk at the same time, so some words may have the wrong speaker"


def _when(spans: Sequence[Span]) -> str:
    """Return the longest spans, in time order."""
    longest = sorted(spans, key=lambda span: -span.seconds)[:TIMES_SHOWN]
    shown = sorted(longest, key=lambda span: span.start_seconds)
    times = ", ".join(f"{clock(s.start_seconds)} to {clock(s.end_seconds)}" for s in shown)
    return f"{times} and {len(spans) - TIMES_SHOWN} more" if len(spans) > TIMES_SHOWN else times


def _without_text(
    transcript: Transcript, diagnostics: Diagnostics
) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return speech without words, and other loud audio without words.

    Flagged words count as words here, because they are listed on their own.
    """
    words = [word for segment in transcript.segments for word in segment.words]
    no_speech = Timeline(diagnostics.loud).without(Timeline(diagnostics.speech))
    missing, loud = (
        without_words(stretches, words, at_least_seconds=SHORTEST_MISSING_SECONDS)
        for stretches in (diagnostics.speech, no_speech)
    )
    return missing, loud


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
    """Return None if there are no words."""
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
