"""A job with results, as its steps would have left it."""

from __future__ import annotations

from builders import evidence_of
from conftest import BUCKET, JOBS, Aws
from lifestream.aws import clients
from lifestream.aws.job_table import JobTable
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.speech.quality import assess
from lifestream.domain.transcript import Transcript
from lifestream.rendering.result_files import result_files


def publish_results(aws: Aws, job: ProcessingJob, transcript: Transcript) -> None:
    """The files without a summary, and the row that says SUCCEEDED."""
    files = result_files(
        file_name=job.file_name,
        options=job.options,
        transcript=transcript,
        quality=assess(transcript, evidence_of(transcript)),
        summary=None,
        missing=(),
    )
    for name, text in files.items():
        aws.s3.put_object(Bucket=BUCKET, Key=f"{job.results_prefix}{name}", Body=text.encode())
    jobs = JobTable(clients.table(JOBS))
    jobs.accept(job)
    jobs.finish(job, JobStatus.SUCCEEDED, results_prefix=job.results_prefix)
