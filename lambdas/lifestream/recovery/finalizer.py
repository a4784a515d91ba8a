"""An execution that has ended in; its slot is free, its job's row says how it ended, its dead
letter is in the queue and its end is announced, out.

Most executions have done all but the last themselves, on their way to RecordSuccess or
JobFailed. This is for the rest: aborted, timed out, broken in a state that no Catch covers. Doing
it twice, or after the execution did it itself, changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lifestream.aws.containers import Containers
from lifestream.aws.executions import ExecutionReport, Executions
from lifestream.aws.job_table import JobRecord, JobTable
from lifestream.aws.queues import QueueService
from lifestream.aws.slots import Slots
from lifestream.domain.causes import readable_cause
from lifestream.domain.job import Failure, JobStatus, ProcessingJob
from lifestream.domain.step_payloads import PublishedJob
from lifestream.errors import advice_for
from lifestream.recovery.job_events import Announcements

PATIENCE = timedelta(minutes=15)


@dataclass(frozen=True)
class Settlement:
    jobs: JobTable
    slots: Slots
    executions: Executions
    queues: QueueService
    announcements: Announcements
    containers: Containers
    patience: timedelta = PATIENCE

    def settle(self, execution: ExecutionReport) -> None:
        if execution.status != "SUCCEEDED":
            self._stop_container(execution)
        self.slots.release(execution.name)
        job = execution.job
        record = self._row(job)
        if record.attempt == job.attempt and not record.status.is_terminal:
            self._record_end(job, record, execution)
            record = self._row(job)
        if record.attempt == job.attempt and record.needs_letter:
            self._send_letter(record, execution)
        if record.attempt == job.attempt and record.needs_announcement:
            self.announce(record)

    def _stop_container(self, execution: ExecutionReport) -> None:
        """AWS promises to stop the task of an aborted execution, "best effort", and promises
        nothing for a state that ran into its time limit.

        Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html
        """
        for container in self.containers.running():
            if container.execution_name == execution.name:
                self.containers.stop(container, why=f"its execution ended {execution.status}")

    def announce(self, record: JobRecord) -> None:
        """At least once: noted when it is told."""
        self.announcements.tell(record)
        self.jobs.note_announced(record)

    def _row(self, job: ProcessingJob) -> JobRecord:
        """A row that is gone is made again: the execution's input holds the whole job."""
        record = self.jobs.find(job.job_id)
        if record is None:
            self.jobs.accept(job)
            record = self.jobs.find(job.job_id)
        if record is None:
            raise RuntimeError(f"the row of job {job.job_id} vanishes")
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

    def _send_letter(self, record: JobRecord, execution: ExecutionReport) -> None:
        if self._is_sent(record, execution):
            self.jobs.note_letter_sent(record)
            return
        with self.jobs.sending_letter(record, patience=self.patience) as is_mine:
            if is_mine:
                self.queues.send_to_dlq(dead_letter_of(record))

    def _is_sent(self, record: JobRecord, execution: ExecutionReport) -> bool:
        """Where somebody tried and did not say that it is done, only the queue itself knows."""
        was_claimed = record.letter is not None and record.letter.attempt == record.attempt
        match self.executions.letter_in(execution.arn):
            case "sent":
                return True
            case "none" if not was_claimed:
                return False
            case _:
                return self.queues.holds_letter(record.job_id, record.attempt)


def dead_letter_of(record: JobRecord) -> ProcessingJob:
    return record.job.model_copy(
        update={"attempt": record.attempt, "status": record.status, "failure": record.failure}
    )


def failure_of(job: ProcessingJob, record: JobRecord, execution: ExecutionReport) -> Failure:
    """For an execution that could not say itself why it ended."""
    how = "".join(part.capitalize() for part in execution.status.split("_"))
    error = execution.error or f"Execution{how}"
    return Failure.because(
        job,
        step=record.current_step or "before the first step",
        error=error,
        cause=readable_cause(execution.cause or f"the execution ended {execution.status}"),
        advice=advice_for(error),
        execution_arn=execution.arn,
        failed_at=datetime.now(UTC),
    )
