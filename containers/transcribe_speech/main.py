"""TranscribeSpeech: mono 16 kHz FLAC in, transcript with speakers out. The only GPU step.

ECS starts it with the job as JOB; everything else is in the bucket. It ends with 0 when the
transcript and its checkpoint are there, with 1 when `error.json` says why they are not, and with
143 where its host is taken back: then the state machine starts it anew, from the beginning.
With `--check` it only tries its engines, and says what is wrong with them.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from typing import NoReturn

from transcribe_speech.check import check
from transcribe_speech.listening import listen

from lifestream.aws.artifacts import ERROR_REPORT, EVIDENCE, TRANSCRIPT, ErrorReport
from lifestream.aws.transient import transient_aws_errors
from lifestream.domain import fingerprints
from lifestream.domain.job import Frozen, InspectedJob, JobStatus
from lifestream.domain.transcript import Engines
from lifestream.errors import (
    ContainerInterruptedError,
    OutOfMemoryError,
    PipelineError,
    SpeechEngineError,
    is_permanent,
)
from lifestream.observability import logger
from lifestream.settings import ContainerSettings, SpeechSettings, load
from lifestream.step import artifacts, begin
from lifestream.step_names import Step

STEP = Step.TRANSCRIBE_SPEECH


class Interruption(BaseException):
    """No Exception, which a library's retries would take for one of their own."""


class Transcribed(Frozen):
    language: str
    speakers: int
    segments: int
    flagged_segments: int
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
        return report(job, OutOfMemoryError("the host's memory is full"))
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
        leaves=[TRANSCRIPT, EVIDENCE],
    )
    seconds = time.monotonic() - started
    logger.info(
        "transcript written",
        extra={
            "seconds": round(seconds, 3),
            "real_time_factor": round(seconds / max(job.duration_seconds, 0.001), 4),
            "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            **done.model_dump(),
        },
    )


def has_failed_for_good(job: InspectedJob) -> bool:
    """The state machine retries a failed container; for a permanent reason that is in vain."""
    earlier = artifacts().find(job.job_id, STEP, ERROR_REPORT, ErrorReport)
    return earlier is not None and earlier.attempt == job.attempt and is_permanent(earlier.error)


def transcribe(job: InspectedJob, settings: SpeechSettings) -> Transcribed:
    transcript, evidence = listen(job, settings)
    artifacts().save(job.job_id, STEP, TRANSCRIPT, transcript)
    artifacts().save(job.job_id, STEP, EVIDENCE, evidence)
    return Transcribed(
        language=transcript.language,
        speakers=len(transcript.speakers),
        segments=len(transcript.segments),
        flagged_segments=len(transcript.segments) - len(transcript.believed.segments),
        words=sum(len(segment.words) for segment in transcript.segments),
        engines=transcript.engines,
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
    code = check(sys.argv[1:]) if sys.argv[1:] else main()
    sys.stdout.flush()
    os._exit(code)  # an engine's thread may still be at work, and would keep the process
