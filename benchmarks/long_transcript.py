"""Measure everything that happens after the engines, on twelve hours of invented speech."""

from __future__ import annotations

import time

import numpy as np

from lifestream.aws.artifacts import garbage_collection_paused
from lifestream.domain.chunks import chunks_of
from lifestream.domain.options import JobOptions
from lifestream.domain.speech.diagnostics import Diagnostics
from lifestream.domain.speech.hallucinations import flagged
from lifestream.domain.speech.quality import assess
from lifestream.domain.speech.speaker_assignment import segments_by_speaker
from lifestream.domain.transcript import (
    Engines,
    RecognizedSegment,
    Source,
    Span,
    Speaker,
    SpeakerTurn,
    Transcript,
    Word,
)
from lifestream.rendering.result_files import result_files

HOURS = 12
WORD_SECONDS, PAUSE_SECONDS = 0.4, 0.6
SPEAKERS = tuple(f"SPEAKER_{number:02}" for number in range(4))
ENGINES = Engines(transcription="invented", diarization="invented")


def after_the_engines() -> tuple[int, float]:
    """Assign speakers, flag hallucinations, write and read the JSON, assess the quality, render all
    result files, and split the transcript for the index.

    Returns the number of words and the seconds that this took.
    """
    recognized, turns = invented()
    speech = [
        Span(start_seconds=s.words[0].start_seconds, end_seconds=s.words[-1].end_seconds)
        for s in recognized
    ]
    started = time.perf_counter()
    segments = flagged(segments_by_speaker(recognized, turns), recognized, speech)
    stored = Transcript(
        job_id="0" * 32,
        source=Source(bucket="b", key="k", version_id=None, etag=None),
        language="en",
        duration_seconds=HOURS * 3600,
        engines=ENGINES,
        speakers=tuple(Speaker(id=speaker) for speaker in SPEAKERS),
        segments=segments,
    ).model_dump_json()
    with garbage_collection_paused():
        transcript = Transcript.model_validate_json(stored)
    diagnostics = Diagnostics(
        job_id="0" * 32, diarization_engine="invented", speech=tuple(speech), turns=tuple(turns)
    )
    result_files(
        file_name="long.mp4",
        options=JobOptions(),
        transcript=transcript,
        quality=assess(transcript, diagnostics),
        summary=None,
        missing=(),
    )
    chunks_of(transcript)
    seconds = time.perf_counter() - started
    return sum(len(segment.words) for segment in recognized), seconds


def invented() -> tuple[list[RecognizedSegment], list[SpeakerTurn]]:
    """Return recognized segments with sentences of about a dozen words, each segment split between
    two speakers."""
    dice, at = np.random.default_rng(0), 0.0
    recognized, turns = [], []
    while at < HOURS * 3600:
        words = [_word(dice, at + n * WORD_SECONDS) for n in range(int(dice.integers(20, 70)))]
        recognized.append(RecognizedSegment(words=tuple(words), average_log_probability=-0.3))
        begin, at = at, words[-1].end_seconds
        for start, end in ((begin, (begin + at) / 2), ((begin + at) / 2, at)):
            speaker = SPEAKERS[int(dice.integers(len(SPEAKERS)))]
            turns.append(SpeakerTurn(start_seconds=start, end_seconds=end, speaker=speaker))
        at += PAUSE_SECONDS
    return recognized, turns


def _word(dice: np.random.Generator, at: float) -> Word:
    end = "." if dice.random() < 1 / 12 else ""
    return Word(
        text=f"word{dice.integers(3_000)}{end}",
        start_seconds=round(at, 3),
        end_seconds=round(at + WORD_SECONDS, 3),
        confidence=0.9,
    )
