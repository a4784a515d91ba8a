"""Rerun jobs that ended without success, from the dead-letter queue or from their rows.

A DLQ message is the whole job, so the job table may be gone. A second redrive of the same message
names the same attempt, so it changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from lifestream.aws.artifacts import CHECKPOINT
from lifestream.aws.objects import objects_below
from lifestream.aws.queues import QueueService, ReceivedMessage, job_in
from lifestream.client.video_service import VideoService
from lifestream.domain.bucket_layout import artifact_key, artifacts_of_job
from lifestream.domain.job import ProcessingJob
from lifestream.errors import JobStatusError, is_unusable_video
from lifestream.rest.jobs import RedrivePlan
from lifestream.step_names import Step

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WORK = (
    Step.INSPECT_VIDEO,
    Step.EXTRACT_AUDIO,
    Step.TRANSCRIBE_SPEECH,
    Step.SUMMARIZE_TRANSCRIPT,
    Step.INDEX_TRANSCRIPT,
)


class Candidate(NamedTuple):
    """A job that can run again.

    job: None for a raw event that never became a job
    dlq_message: None if only the job's row is left
    """

    job: ProcessingJob | None
    dlq_message: ReceivedMessage | None


def candidates(
    service: VideoService, jobs: Sequence[str] | None = None, *, since: datetime | None = None
) -> list[Candidate]:
    """Return the candidates for the given ids or id prefixes, or else for the whole DLQ.

    The messages are hidden from other readers until they are redriven or given back. Raises
    JobNotFoundError if an id matches neither a DLQ message nor a job, JobStatusError if a job did
    not fail.
    """
    wanted: list[Candidate] = []
    others: list[Candidate] = []
    for dlq_message in service.queues.dlq_messages():
        candidate = Candidate(job_in(dlq_message), dlq_message)
        (wanted if _is_wanted(candidate, jobs, since) else others).append(candidate)
    give_back(service.queues, others)
    ids = [candidate.job.job_id for candidate in wanted if candidate.job]
    without_message = [job for job in jobs or () if not any(i.startswith(job) for i in ids)]
    return wanted + [Candidate(failed_job(service, job), None) for job in without_message]


def plan_of(s3: S3Client, job: ProcessingJob) -> RedrivePlan:
    failure = job.failure
    is_unusable = bool(failure and is_unusable_video(failure.error))
    steps = tuple(steps_left(s3, job))
    return RedrivePlan(
        job_id=job.job_id,
        key=job.key,
        failed_in=failure.step if failure else None,
        error=failure.error if failure else None,
        steps_left=steps,
        needs_gpu=Step.TRANSCRIBE_SPEECH in steps and not is_unusable,
        is_unusable=is_unusable,
    )


def run_again(queues: QueueService, chosen: Sequence[Candidate]) -> None:
    for candidate in chosen:
        if candidate.dlq_message:
            queues.redrive(candidate.dlq_message)
        elif candidate.job:
            queues.send_processing_job(candidate.job)


def give_back(queues: QueueService, chosen: Sequence[Candidate]) -> None:
    for candidate in chosen:
        if candidate.dlq_message:
            queues.release(candidate.dlq_message)


def redrive(service: VideoService, jobs: Sequence[str] | None = None) -> list[str]:
    """Redrive jobs and return their ids, with "" for a raw event."""
    chosen = candidates(service, jobs)
    run_again(service.queues, chosen)
    return [candidate.job.job_id if candidate.job else "" for candidate in chosen]


def steps_left(s3: S3Client, job: ProcessingJob) -> list[Step]:
    """Return the steps that another attempt has to run. PublishResults always runs, for free."""
    folder = artifacts_of_job(job.job_id)
    keys = {entry["Key"] for entry in objects_below(s3, job.bucket, folder)}
    return [step for step in WORK if artifact_key(job.job_id, step, CHECKPOINT) not in keys]


def dlq_messages_by_job(queues: QueueService) -> dict[str, str]:
    """Return job id → DLQ message. The messages stay in the queue."""
    found = ((job_in(message), message.body) for message in queues.peek_dlq_messages())
    return {job.job_id if job else "": body for job, body in found}


def _is_wanted(candidate: Candidate, jobs: Sequence[str] | None, since: datetime | None) -> bool:
    is_named = jobs is None or any(
        candidate.job and candidate.job.job_id.startswith(job) for job in jobs
    )
    is_recent = since is None or (
        candidate.dlq_message is not None and candidate.dlq_message.sent_at >= since
    )
    return is_named and is_recent


def failed_job(service: VideoService, job: str) -> ProcessingJob:
    """Return the job from its row, with its failure. Raises JobStatusError if it did not fail."""
    record = service.job(job)
    if record.failure is None:
        raise JobStatusError(f"job {record.job_id} is {record.status}: there is nothing to redrive")
    return record.job.model_copy(update={"attempt": record.attempt, "failure": record.failure})
