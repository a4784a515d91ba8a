"""Finalize an execution that has ended.

That means: free its slot, record the status of its job, send its DLQ message, publish the event.
Most executions do all of this themselves except for the event, on their way to RecordSuccess or
JobFailed. The finalizer does it for the others: those that were aborted, timed out, or failed in a
state that no Catch covers. Running it twice, or after the execution did the work itself, changes
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lifestream.aws.containers import Containers
from lifestream.aws.executions import ExecutionReport, Executions
from lifestream.aws.job_table import JobTable
from lifestream.aws.queues import QueueService
from lifestream.aws.slots import Slots
from lifestream.domain.causes import readable_cause
from lifestream.domain.execution_usage import ExecutionUsage, usage_of
from lifestream.domain.job import Failure, JobStatus, ProcessingJob
from lifestream.domain.job_cost import JobCost
from lifestream.domain.job_record import JobRecord
from lifestream.domain.metering import cost_of
from lifestream.domain.metrics import Metric
from lifestream.domain.prices import Rates
from lifestream.domain.step_payloads import PublishedJob
from lifestream.errors import advice_for
from lifestream.observability import emit
from lifestream.recovery.dlq_claims import DlqClaims
from lifestream.recovery.job_events import EventPublisher

ABORTED = "ExecutionAborted"
COUNTED_ATTEMPTS = 10
"""How many attempts the cost of a job covers. Reading the histories of more takes too long."""


@dataclass(frozen=True)
class ExecutionFinalizer:
    jobs: JobTable
    slots: Slots
    executions: Executions
    queues: QueueService
    event_publisher: EventPublisher
    containers: Containers
    rates: Rates
    grace_period: timedelta

    @property
    def claims(self) -> DlqClaims:
        return DlqClaims(self.jobs, self.grace_period)

    def finalize(self, execution: ExecutionReport) -> None:
        """Do what the execution left undone. Of an erased job, nothing is recorded or published.

        Raises TransientError if AWS is busy; then it has to run again.
        """
        if execution.status != "SUCCEEDED":
            self._stop_container(execution)
        self.slots.release(execution.name)
        job = execution.job
        record = self._row(job)
        if record and record.attempt == job.attempt and not record.status.is_terminal:
            self._record_end(job, record, execution)
            record = self._row(job)
        if record is None:
            return
        if record.attempt == job.attempt and record.needs_dlq_message:
            self._send_dlq_message(record, execution)
        if record.attempt == job.attempt and record.needs_event:
            self.publish_end(record)

    def _stop_container(self, execution: ExecutionReport) -> None:
        """Stop the container that works for the execution.

        AWS stops the task of an aborted execution as a "best effort" only, and promises nothing for
        a state that exceeded its time limit.

        Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html
        """
        for container in self.containers.running():
            if container.execution_name == execution.name:
                self.containers.stop(container, why=f"its execution ended {execution.status}")

    def publish_end(self, record: JobRecord) -> None:
        """Publish the event, then note it in the row, with the cost of the job.

        The event is published at least once, and the metrics count the first note only. The cost
        comes out the same each time, because it is computed from the histories of executions that
        have ended.
        """
        usages = self._usages(record)
        self.event_publisher.publish(record)
        if self.jobs.note_event_published(record, cost_of(usages, self.rates)):
            measure(record, cost_of(usages[-1:], self.rates))

    def _usages(self, record: JobRecord) -> list[ExecutionUsage]:
        """Return what the attempts used: all of them, or the latest `COUNTED_ATTEMPTS`."""
        first = max(record.attempt - COUNTED_ATTEMPTS, 0) + 1
        attempts = (
            record.job.model_copy(update={"attempt": number})
            for number in range(first, record.attempt + 1)
        )
        histories = (self.executions.history(job.execution_name) for job in attempts)
        return [usage_of(history) for history in histories]

    def _row(self, job: ProcessingJob) -> JobRecord | None:
        """Return the job's row, or None if it was erased.

        A missing row is written again from the execution's input.
        """
        record = self.jobs.find(job.job_id)
        if record is None and self.jobs.accept(job):
            record = self.jobs.find(job.job_id)
        return record

    def _record_end(
        self, job: ProcessingJob, record: JobRecord, execution: ExecutionReport
    ) -> None:
        result = execution.result
        if "published_prefix" in result:
            published = PublishedJob.model_validate(result)
            self.jobs.finish(
                job,
                JobStatus.SUCCEEDED,
                results_prefix=published.published_prefix,
                switched_off=published.switched_off,
            )
        elif execution.status == "SUCCEEDED" and "message" in result:
            ended = ProcessingJob.model_validate(result["message"])
            if ended.failure:
                self.jobs.fail(job, ended.status, ended.failure, job.results_prefix)
        else:
            self.jobs.fail(job, JobStatus.FAILED, failure_of(job, record, execution), None)

    def _send_dlq_message(self, record: JobRecord, execution: ExecutionReport) -> None:
        if self._is_sent(record, execution):
            self.claims.note_sent(record)
            return
        with self.claims.claim_dlq_send(record) as is_mine:
            if is_mine:
                self.queues.send_to_dlq(dlq_message_of(record))

    def _is_sent(self, record: JobRecord, execution: ExecutionReport) -> bool:
        """Return whether the DLQ message of the attempt was sent.

        If a sender crashed before it noted its success, only the queue knows.
        """
        claim = record.dlq_claim
        was_claimed = claim is not None and claim.attempt == record.attempt
        match self.executions.find_dlq_message(execution.arn):
            case "sent":
                return True
            case "none" if not was_claimed:
                return False
            case _:
                return self.queues.holds_dlq_message(record.job_id, record.attempt)


def measure(record: JobRecord, attempt: JobCost) -> None:
    """Measure the end of an attempt, and what the attempt has cost."""
    emit({Metric.JOBS_ENDED: 1}, job_id=record.job_id, status=record.status)
    if record.failure and record.failure.error == ABORTED:
        emit({Metric.JOBS_ABORTED: 1}, job_id=record.job_id)
    dollars = {
        Metric.JOB_DOLLARS: attempt.total,
        Metric.HOST_DOLLARS: attempt.container + attempt.host_start,
        Metric.FUNCTION_DOLLARS: attempt.functions + attempt.transitions,
        Metric.MODEL_DOLLARS: attempt.models,
    }
    emit(dollars, job_id=record.job_id)


def dlq_message_of(record: JobRecord) -> ProcessingJob:
    return record.job.model_copy(
        update={"attempt": record.attempt, "status": record.status, "failure": record.failure}
    )


def failure_of(job: ProcessingJob, record: JobRecord, execution: ExecutionReport) -> Failure:
    """Return the failure of an execution that could not record it itself."""
    how = "".join(part.capitalize() for part in execution.status.split("_"))
    error = execution.error or f"Execution{how}"
    return Failure.of_attempt(
        job,
        step=record.current_step or "before the first step",
        error=error,
        cause=readable_cause(execution.cause or f"the execution ended {execution.status}"),
        advice=advice_for(error),
        execution_arn=execution.arn,
        failed_at=datetime.now(UTC),
    )
