"""TranscribeSpeech: mono 16 kHz FLAC in, transcript with speakers out. The only GPU step.

ECS starts it with the job as JOB; everything else is in the bucket. It ends with 0 when the
transcript and its checkpoint are there, with 1 when `error.json` says why they are not, and with
143 where its host is taken back: then the state machine starts it anew, from the beginning.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from lifestream.aws import clients
from lifestream.aws.artifacts import AUDIO, ERROR_REPORT, TRANSCRIPT, ErrorReport
from lifestream.aws.models import fetch_models
from lifestream.aws.transient import transient_aws_errors
from lifestream.domain import fingerprints
from lifestream.domain.job import Frozen, InspectedJob, JobStatus
from lifestream.domain.speakers import segments_by_speaker
from lifestream.domain.transcript import Engines, Source, Speaker, Transcript
from lifestream.engines.diarization import load_diarizer
from lifestream.engines.transcription import load_transcriber
from lifestream.errors import (
    ContainerInterruptedError,
    PipelineError,
    SpeechEngineError,
    is_permanent,
)
from lifestream.media.sound import load_samples
from lifestream.observability import logger
from lifestream.settings import ContainerSettings, SpeechSettings, Storage, load
from lifestream.step import artifacts, begin
from lifestream.step_names import Step

STEP = Step.TRANSCRIBE_SPEECH


class Interruption(BaseException):
    """No Exception, which a library's retries would take for one of their own."""


class Transcribed(Frozen):
    language: str
    speakers: int
    segments: int
    words: int
    engines: Engines


def main() -> int:
    job = load(ContainerSettings).job
    logger.append_keys(step=STEP, job_id=job.job_id, attempt=job.attempt)
    try:
        with transient_aws_errors():
            if has_failed_for_good(job):
                return 1  # the report of the first time is there
            run(job)
    except Interruption:
        report(job, ContainerInterruptedError("told to stop before the transcript was there"))
        return 128 + signal.SIGTERM
    except PipelineError as error:
        return report(job, error)
    except MemoryError:
        return report(job, SpeechEngineError("out of memory"))
    except Exception as error:  # noqa: BLE001  # the last place that can keep the reason
        logger.exception("unexpected error")
        return report(job, SpeechEngineError(f"{type(error).__name__}: {error}"))
    return 0


def be_interrupted(*_: object) -> NoReturn:
    """ECS sends SIGTERM when it takes back a spot host, or when the execution is stopped, and
    kills what still runs 30 seconds later."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Interruption


def run(job: InspectedJob) -> None:
    begin(job, STEP, JobStatus.TRANSCRIBING)
    started = time.monotonic()
    settings = load(SpeechSettings)
    made_from = fingerprints.of_transcript(job.job_id, job.options, settings.identity())
    done = artifacts().once(
        job.job_id,
        STEP,
        made_from,
        lambda: transcribe(job, settings),
        Transcribed,
        leaves=[TRANSCRIPT],
    )
    seconds = time.monotonic() - started
    logger.info(
        "transcript written",
        extra={
            "seconds": round(seconds, 3),
            "real_time_factor": round(seconds / max(job.duration_seconds, 0.001), 4),
            **done.model_dump(),
        },
    )


def has_failed_for_good(job: InspectedJob) -> bool:
    """The state machine retries a failed container; for a permanent reason that is in vain."""
    earlier = artifacts().find(job.job_id, STEP, ERROR_REPORT, ErrorReport)
    return earlier is not None and earlier.attempt == job.attempt and is_permanent(earlier.error)


def transcribe(job: InspectedJob, settings: SpeechSettings) -> Transcribed:
    with tempfile.TemporaryDirectory() as folder:
        flac = Path(folder) / AUDIO
        artifacts().download(job.job_id, Step.EXTRACT_AUDIO, AUDIO, flac)
        samples = load_samples(flac)
    fetch_models(clients.s3(), load(Storage).bucket, settings.models_prefix, settings.models_dir)
    transcript = listen(job, samples, settings)
    artifacts().save(job.job_id, STEP, TRANSCRIPT, transcript)
    return Transcribed(
        language=transcript.language,
        speakers=len(transcript.speakers),
        segments=len(transcript.segments),
        words=sum(len(segment.words) for segment in transcript.segments),
        engines=transcript.engines,
    )


def listen(job: InspectedJob, samples: NDArray[np.float32], settings: SpeechSettings) -> Transcript:
    """Both engines hear the same samples, at the same time."""
    transcriber, diarizer = load_transcriber(settings), load_diarizer(settings)
    pool = ThreadPoolExecutor(2)
    try:
        hearing_words = pool.submit(transcriber.transcribe, samples, job.options)
        hearing_voices = pool.submit(diarizer.diarize, samples, job.options)
        recognition, turns = hearing_words.result(), hearing_voices.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # an interruption waits for no engine
    segments = segments_by_speaker(recognition.segments, turns)
    return Transcript(
        job_id=job.job_id,
        source=Source(bucket=job.bucket, key=job.key, version_id=job.version_id, etag=job.etag),
        language=recognition.language,
        duration_seconds=job.duration_seconds,
        engines=Engines(transcription=transcriber.name, diarization=diarizer.name),
        speakers=tuple(
            Speaker(id=speaker) for speaker in sorted({s.speaker for s in segments if s.speaker})
        ),
        segments=segments,
    )


def report(job: InspectedJob, error: PipelineError) -> int:
    reason = ErrorReport(
        attempt=job.attempt, error=type(error).__name__, message=str(error)[:1_000]
    )
    logger.error("step failed", extra={"error": reason.error})
    artifacts().save(job.job_id, STEP, ERROR_REPORT, reason)
    return 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, be_interrupted)
    code = main()
    sys.stdout.flush()
    os._exit(code)  # an engine's thread may still be at work, and would keep the process
