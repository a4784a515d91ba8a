"""RecordSuccess: record that the job has succeeded; this status is final."""

from __future__ import annotations

from lifestream.domain.job import JobStatus
from lifestream.domain.step_payloads import PublishedJob
from lifestream.resources import job_table
from lifestream.step import step
from lifestream.step_names import Step


@step(Step.RECORD_SUCCESS, takes=PublishedJob)
def handler(job: PublishedJob) -> PublishedJob:
    job_table().finish(
        job,
        JobStatus.SUCCEEDED,
        results_prefix=job.published_prefix,
        switched_off=job.switched_off,
    )
    return job.model_copy(update={"status": JobStatus.SUCCEEDED})
