"""Check what a message of the ingest queue claims, and decide whether its job may start.

Senders are not trusted. A job whose id does not fit its object is rejected earlier
(lifestream.domain.job); whether an attempt may run is decided here.
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
        """Return the job to start, or None if its attempt was started already or it was erased.

        Raises InvalidMessageError if the attempt follows none that ran.
        """
        if job.attempt > 1:
            if self.jobs.is_erased(job.job_id):
                return None
            job = self._previous_attempt(job).model_copy(update={"attempt": job.attempt})
        return job if self.jobs.accept(job) else None

    def _previous_attempt(self, job: ProcessingJob) -> ProcessingJob:
        """Return the job of the attempt before this one.

        It comes from the job's row or, if the row is missing or older, from the execution.
        """
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
