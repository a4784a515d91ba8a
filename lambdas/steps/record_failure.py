"""RecordFailure: what went wrong in; the job's row says so, and the dead letter, out."""

from __future__ import annotations

from datetime import UTC, datetime

from lifestream.aws.artifacts import ERROR_REPORT, ErrorReport
from lifestream.domain.job import (
    MAX_CAUSE_CHARACTERS,
    DeadLetter,
    FailedStep,
    Failure,
    JobStatus,
)
from lifestream.errors import advice_for
from lifestream.step import artifacts, job_table, step
from lifestream.step_names import Step

HOW_TO_REDRIVE = (
    "Move this message to the ingest queue (SQS console: Start DLQ redrive, with the ingest queue "
    "as custom destination), or run: lifestream redrive {job_id}"
)


@step(Step.RECORD_FAILURE, takes=FailedStep)
def handler(failed: FailedStep) -> DeadLetter:
    job = failed.job
    status = JobStatus.PARTIAL if failed.missing else JobStatus.FAILED
    error, cause = real_reason(failed)
    failure = Failure(
        step=failed.step,
        error=error,
        cause=cause,
        advice=advice_for(error),
        attempt=job.attempt,
        execution_arn=failed.execution_arn,
        failed_at=datetime.now(UTC),
        how_to_redrive=HOW_TO_REDRIVE.format(job_id=job.job_id),
    )
    job_table().fail(job, status, failure, job.results_prefix if failed.missing else None)
    message = job.model_copy(update={"status": status, "failure": failure})
    return DeadLetter(status=status, error=error, cause=cause, message=message)


def real_reason(failed: FailedStep) -> tuple[str, str]:
    """The container cannot hand its exception to the state machine: it leaves error.json."""
    report = (
        artifacts().find(failed.job.job_id, Step.TRANSCRIBE_SPEECH, ERROR_REPORT, ErrorReport)
        if failed.step == Step.TRANSCRIBE_SPEECH and failed.error == "States.TaskFailed"
        else None
    )
    if report and report.attempt == failed.job.attempt:
        return report.error, report.message[:MAX_CAUSE_CHARACTERS]
    return failed.error, failed.cause
