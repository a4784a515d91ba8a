"""TranscribeSpeech: make a transcript with speakers from mono 16 kHz FLAC. The only GPU step.

ECS starts it with JOB_ID and JOB_ATTEMPT; everything else is in the bucket. It exits with 0 if the
transcript and its checkpoint are written, with 1 if `error.json` says why they are not, and with
143 if its host is reclaimed: then the state machine starts it again from the beginning. With
`--check` it only checks its engines and reports what is wrong.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from typing import NoReturn

from transcribe_speech.check import check
from transcribe_speech.pipeline import run_pipeline

from lifestream.aws.artifacts import (
    DIAGNOSTICS,
    ERROR_REPORT,
    TRANSCRIPT,
    ErrorReport,
    inspected_job,
)
from lifestream.aws.slots import Pool
from lifestream.aws.transient import transient_aws_errors
from lifestream.domain import fingerprints
from lifestream.domain.base import Frozen
from lifestream.domain.job import JobStatus
from lifestream.domain.metrics import Metric
from lifestream.domain.step_payloads import InspectedJob
from lifestream.domain.transcript import Engines
from lifestream.errors import (
    ContainerInterruptedError,
    DeadlineError,
    OutOfMemoryError,
    PipelineError,
    SpeechEngineError,
    is_permanent,
)
from lifestream.observability import emit, logger
from lifestream.resources import artifacts
from lifestream.settings import ContainerSettings, SpeechSettings, load
from lifestream.step import enter_step
from lifestream.step_names import Step

STEP = Step.TRANSCRIBE_SPEECH


class Interruption(BaseException):
    """SIGTERM was received. Not an Exception, because the retries of a library would catch it."""


class Deadline(BaseException):
    """The container's time is up. Not an Exception either."""


class Transcribed(Frozen):
    duration_seconds: float = 0.0
    language: str
    speakers: int
    segments: int
    flagged_segments: int
    words: int
    engines: Engines

    def real_time_factor(self, seconds: float) -> float:
        """Return the seconds of work per second of audio."""
        return seconds / max(self.duration_seconds, 0.001)


def main() -> int:
    """Return the exit code, and measure the container's seconds."""
    started, task = time.monotonic(), load(ContainerSettings)
    logger.append_keys(step=STEP, job_id=task.job_id, attempt=task.attempt)
    code = exit_code(task)
    emit({Metric.CONTAINER_SECONDS: time.monotonic() - started}, job_id=task.job_id)
    return code


def exit_code(task: ContainerSettings) -> int:
    """Run the job and return the exit code.

    Every error after SIGTERM counts as the interruption: libraries turn `Interruption` into errors
    of their own, swallow it, or fail while they clean up.
    """
    try:
        code = run_or_report(task)
    except (Interruption, Exception) as error:
        if not (isinstance(error, Interruption) or is_interrupted()):
            raise
        return report_interruption(task)
    return report_interruption(task) if code and is_interrupted() else code


def run_or_report(task: ContainerSettings) -> int:
    try:
        with transient_aws_errors():
            if has_failed_for_good(task):
                return 1  # the first run wrote the report
            run(task)
    except (Deadline, Exception) as error:  # noqa: BLE001  # the last place that can report the reason
        report(task, classify_error(error, task))
        return 1
    return 0


def report_interruption(task: ContainerSettings) -> int:
    report(task, ContainerInterruptedError("stopped before the transcript was written"))
    return 128 + signal.SIGTERM


def classify_error(error: BaseException, task: ContainerSettings) -> PipelineError:
    match error:
        case PipelineError():
            return error
        case Deadline():
            return DeadlineError(f"not done after {task.deadline_seconds} seconds")
        case MemoryError():
            return OutOfMemoryError("the host's memory is full")
    logger.error("unexpected error", exc_info=error)
    return SpeechEngineError(f"{type(error).__name__}: {error}")


def main_before_the_deadline() -> int:
    signal.signal(signal.SIGALRM, raise_deadline)
    signal.alarm(load(ContainerSettings).deadline_seconds)
    return main()


def raise_interruption(*_: object) -> NoReturn:
    """Handle SIGTERM.

    ECS sends it when it reclaims a spot host or the execution is stopped, and kills what still runs
    30 seconds later.
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Interruption


def is_interrupted() -> bool:
    """Return whether `raise_interruption` was called."""
    return signal.getsignal(signal.SIGTERM) is signal.SIG_IGN


def raise_deadline(*_: object) -> NoReturn:
    """Handle SIGALRM.

    ECS has no time limit for tasks, and the limit of Step Functions may not stop them.
    """
    raise Deadline


def run(task: ContainerSettings) -> None:
    inspected = inspected_job(task.attempt)
    job = artifacts().load(task.job_id, Step.INSPECT_VIDEO, inspected, InspectedJob)
    enter_step(job, STEP, JobStatus.TRANSCRIBING, Pool.GPU)
    started = time.monotonic()
    settings = load(SpeechSettings)
    fingerprint = fingerprints.of_transcript(job.job_id, job.options, settings.identity())
    checkpoint = artifacts().checkpoint(job.job_id, STEP, fingerprint)
    done = checkpoint.result(Transcribed)
    if done is None:
        outputs = [TRANSCRIPT, DIAGNOSTICS]
        done = checkpoint.save(transcribe(job, settings), outputs=outputs)
        measure(job, done, time.monotonic() - started)
    seconds = time.monotonic() - started
    logger.info(
        "transcript written",
        extra={
            "seconds": round(seconds, 3),
            "real_time_factor": round(done.real_time_factor(seconds), 4),
            "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            **done.model_dump(),
        },
    )


def measure(job: InspectedJob, done: Transcribed, seconds: float) -> None:
    factor = done.real_time_factor(seconds)
    emit({Metric.STEP_SECONDS: seconds}, job_id=job.job_id, step=STEP)
    length = {Metric.VIDEO_SECONDS: done.duration_seconds, Metric.REAL_TIME_FACTOR: factor}
    emit(length, job_id=job.job_id)


def has_failed_for_good(task: ContainerSettings) -> bool:
    """Return whether this attempt failed before for a permanent reason: a retry is useless then."""
    earlier = artifacts().find(task.job_id, STEP, ERROR_REPORT, ErrorReport)
    return earlier is not None and earlier.attempt == task.attempt and is_permanent(earlier.error)


def transcribe(job: InspectedJob, settings: SpeechSettings) -> Transcribed:
    transcript, diagnostics = run_pipeline(job, settings)
    artifacts().save(job.job_id, STEP, TRANSCRIPT, transcript)
    artifacts().save(job.job_id, STEP, DIAGNOSTICS, diagnostics)
    return Transcribed(
        duration_seconds=transcript.duration_seconds,
        language=transcript.language,
        speakers=len(transcript.speakers),
        segments=len(transcript.segments),
        flagged_segments=len(transcript.segments) - len(transcript.reliable.segments),
        words=sum(len(segment.words) for segment in transcript.segments),
        engines=transcript.engines,
    )


def report(task: ContainerSettings, error: PipelineError) -> None:
    reason = ErrorReport(
        attempt=task.attempt, error=type(error).__name__, message=str(error)[:1_000]
    )
    logger.error("step failed", extra={"error": reason.error})
    artifacts().save(task.job_id, STEP, ERROR_REPORT, reason)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, raise_interruption)
    code = check(sys.argv[1:]) if sys.argv[1:] else main_before_the_deadline()
    sys.stdout.flush()
    os._exit(code)  # an engine's thread may still run, and would keep the process alive
