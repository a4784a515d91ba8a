"""Which jobs of the ingest queue are started: what a message claims is checked.

Whoever may send to the queue may send anything. A job's id fits its object, or the message is
no job at all (lifestream.domain.job); whether it may run again is looked up here.
"""

from __future__ import annotations

from dataclasses import dataclass

from lifestream.aws.executions import Executions
from lifestream.aws.job_table import JobTable
from lifestream.domain.job import ProcessingJob
from lifestream.errors import InvalidMessageError


@dataclass(frozen=True)
class Admission:
    jobs: JobTable
    executions: Executions

    def admit(self, job: ProcessingJob) -> ProcessingJob | None:
        """The job to start, or None if its attempt has been started already. Raises
        InvalidMessageError for an attempt that follows none."""
        if job.attempt > 1:
            job = self._as_it_was(job).model_copy(update={"attempt": job.attempt})
        return job if self.jobs.accept(job) else None

    def _as_it_was(self, job: ProcessingJob) -> ProcessingJob:
        """What ran before: as its row says, or if the row is gone or older, its execution."""
        record = self.jobs.find(job.job_id)
        if record and job.attempt <= record.attempt + 1:
            return record.job
        before = job.model_copy(update={"attempt": job.attempt - 1})
        execution = self.executions.find(before.execution_name)
        if execution is None:
            raise InvalidMessageError(
                f"attempt {job.attempt} of job {job.job_id} follows no attempt that ran"
            )
        return execution.job
