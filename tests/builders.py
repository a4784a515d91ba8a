"""Build small valid objects for the tests. Every argument has a default."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lifestream.domain.file_types import Container
from lifestream.domain.job import Failure, ProcessingJob
from lifestream.domain.options import JobOptions
from lifestream.domain.speech.diagnostics import Diagnostics
from lifestream.domain.step_payloads import InspectedJob, PublishableJob
from lifestream.domain.summary import NOTHING_SAID, SummaryDraft
from lifestream.domain.transcript import Engines, Segment, Source, Speaker, Transcript, Word
from lifestream.media.audio import Audio
from lifestream.media.voice_activity import speech_spans

LAMBDA_CONTEXT: Any = SimpleNamespace(
    function_name="test",
    memory_limit_in_mb=512,
    invoked_function_arn="arn",
    aws_request_id="1",
    get_remaining_time_in_millis=lambda: 1_000,
)
SUBMITTED = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def a_job(
    *,
    bucket: str = "videos",
    key: str = "uploads/talk.mp4",
    version: str = "v1",
    options: JobOptions | None = None,
) -> ProcessingJob:
    return ProcessingJob.for_upload(
        bucket=bucket,
        key=key,
        version_id=version,
        etag="abc",
        size=1_000,
        options=options,
        submitted_at=SUBMITTED,
    )


def sqs_event(bodies: Iterable[str]) -> dict[str, Any]:
    """Return the event of an SQS batch. The message ids are the positions in the batch."""
    return {
        "Records": [
            {
                "messageId": str(number),
                "receiptHandle": "r",
                "body": body,
                "attributes": {},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
            }
            for number, body in enumerate(bodies)
        ]
    }


def a_failure() -> Failure:
    return Failure(
        step="SummarizeTranscript",
        error="TransientError",
        cause="busy",
        advice="wait",
        attempt=1,
        execution_arn="arn",
        failed_at=SUBMITTED,
        how_to_redrive="move it",
    )


def an_inspected_job(*, key: str = "uploads/talk.mp4", duration: float = 60.0) -> InspectedJob:
    return InspectedJob(
        **a_job(key=key).model_dump(),
        container=Container.MP4,
        audio_codec="aac",
        duration_seconds=duration,
        is_transcribed=False,
    )


def a_publishable_job() -> PublishableJob:
    return PublishableJob(**an_inspected_job().model_dump())


def words(text: str, *, start: float = 0.0, seconds_each: float = 0.4) -> tuple[Word, ...]:
    return tuple(
        Word(
            text=word,
            start_seconds=round(start + number * seconds_each, 3),
            end_seconds=round(start + (number + 1) * seconds_each, 3),
            confidence=0.9,
        )
        for number, word in enumerate(text.split())
    )


def a_segment(
    number: int, text: str, *, speaker: str | None = "SPEAKER_00", start: float = 0.0
) -> Segment:
    spoken = words(text, start=start)
    return Segment(
        id=number,
        start_seconds=start,
        end_seconds=spoken[-1].end_seconds,
        speaker=speaker,
        text=text,
        words=spoken,
    )


def a_transcript(*lines: tuple[str, str], duration: float | None = None) -> Transcript:
    """Return a transcript of (speaker, text) lines with half a second between them."""
    segments, at = [], 0.0
    for number, (speaker, text) in enumerate(lines):
        segments.append(a_segment(number, text, speaker=speaker, start=at))
        at = round(segments[-1].end_seconds + 0.5, 3)
    job = a_job()
    return Transcript(
        job_id=job.job_id,
        source=Source(bucket=job.bucket, key=job.key, version_id="v1", etag="abc"),
        language="en",
        duration_seconds=duration if duration is not None else max(at, 1.0),
        engines=Engines(transcription="test", diarization="test"),
        speakers=tuple(Speaker(id=s) for s in sorted({speaker for speaker, _ in lines})),
        segments=tuple(segments),
    )


MEETING = a_transcript(
    ("SPEAKER_00", "Good morning. Today we talk about the budget for the new project."),
    ("SPEAKER_01", "The budget is forty thousand dollars and half of it is for the release."),
    ("SPEAKER_00", "When will the release be ready for our customers?"),
    ("SPEAKER_01", "I will send the plan for the search on Friday."),
)


def evidence_of(transcript: Transcript, **more: Any) -> Diagnostics:
    """Return diagnostics with speech where the words are, and one turn per segment."""
    spans = [s.model_dump(include={"start_seconds", "end_seconds"}) for s in transcript.segments]
    speakers = [segment.speaker for segment in transcript.segments]
    facts: dict[str, Any] = {
        "job_id": transcript.job_id,
        "diarization_engine": transcript.engines.diarization,
        "speech": spans,
        "turns": [s | {"speaker": who} for s, who in zip(spans, speakers, strict=True) if who],
    }
    return Diagnostics.model_validate(facts | more)


def audio_with_speech(samples: NDArray[np.float32]) -> Audio:
    return Audio(samples, speech_spans(samples))


def no_progress(_seconds: float) -> None:
    """Ignore the progress."""


def a_draft(**changes: Any) -> SummaryDraft:
    """Return a draft that is empty except for its title and the given fields."""
    return SummaryDraft.model_validate(NOTHING_SAID.model_dump() | {"title": "Budget"} | changes)
