"""RecordFailure: record why the job failed, and return its DLQ message."""

from __future__ import annotations

from datetime import UTC, datetime

from lifestream.aws.artifacts import ERROR_REPORT, ErrorReport
from lifestream.domain.causes import MAX_CAUSE_CHARACTERS
from lifestream.domain.job import Failure, JobStatus, ProcessingJob
from lifestream.domain.step_payloads import DlqMessage, FailedStep
from lifestream.errors import advice_for
from lifestream.resources import artifacts, job_table, slots
from lifestream.step import step
from lifestream.step_names import Step


@step(Step.RECORD_FAILURE, takes=FailedStep)
def handler(failed: FailedStep) -> DlqMessage:
    job = failed.job
    slots().release(job.execution_name)
    status = JobStatus.PARTIAL if failed.missing else JobStatus.FAILED
    error, cause = real_reason(failed)
    failure = Failure.of_attempt(
        job,
        step=failed.step,
        error=error,
        cause=cause,
        advice=advice_for(error),
        execution_arn=failed.execution_arn,
        failed_at=datetime.now(UTC),
    )
    job_table().fail(job, status, failure, job.results_prefix if failed.missing else None)
    status = status_of_row(job, status)
    message = job.model_copy(update={"status": status, "failure": failure})
    return DlqMessage(status=status, error=error, cause=cause, message=message)


def status_of_row(job: ProcessingJob, status: JobStatus) -> JobStatus:
    """Return the status of this attempt in the job table.

    A job that was cancelled or erased meanwhile, or taken over by a later attempt, has not failed
    and gets no DLQ message.
    """
    record = job_table().find(job.job_id)
    if record is None:
        return JobStatus.CANCELLED if job_table().is_erased(job.job_id) else status
    return record.status if record.attempt == job.attempt else JobStatus.CANCELLED


def real_reason(failed: FailedStep) -> tuple[str, str]:
    """Return error and cause.

    The container cannot return its exception to the state machine, so it writes error.json.
    """
    report = (
        artifacts().find(failed.job.job_id, Step.TRANSCRIBE_SPEECH, ERROR_REPORT, ErrorReport)
        if failed.step == Step.TRANSCRIBE_SPEECH and failed.error == "States.TaskFailed"
        else None
    )
    if report and report.attempt == failed.job.attempt:
        return report.error, report.message[:MAX_CAUSE_CHARACTERS]
    cause = f"{failed.summary}: {failed.cause}" if failed.summary else failed.cause
    return failed.error, cause[:MAX_CAUSE_CHARACTERS]
