"""Jobs that ended without success, once more: from the dead-letter queue, or from their rows."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import ValidationError

from lifestream.aws.job_table import JobRecord
from lifestream.aws.queues import QueueService, ReceivedMessage
from lifestream.domain.job import ProcessingJob
from lifestream.errors import ConfigurationError


def redrive_dead_letters(queues: QueueService, job_ids: Collection[str] | None = None) -> list[str]:
    """Moves dead letters back to the ingest queue: those of the jobs, or all of them.

    Returns the ids of the jobs that were moved; a raw event that never became a job counts as "".
    """
    moved = []
    for message in list(queues.dead_letters()):
        job_id = job_id_of(message)
        if job_ids is None or job_id in job_ids:
            queues.redrive(message)
            moved.append(job_id)
        else:
            queues.release(message)
    return moved


def redrive_from_row(queues: QueueService, record: JobRecord) -> None:
    """For a job whose dead letter is gone. Raises ConfigurationError where nothing failed."""
    if record.failure is None:
        raise ConfigurationError(f"job {record.job_id} is {record.status}: nothing to redrive")
    queues.send_processing_job(record.job.model_copy(update={"failure": record.failure}))


def dead_letters_of(queues: QueueService) -> dict[str, str]:
    """Job id → dead-letter message, all left where they are."""
    messages = list(queues.dead_letters())
    for message in messages:
        queues.release(message)
    return {job_id_of(message): message.body for message in messages}


def job_id_of(message: ReceivedMessage) -> str:
    try:
        return ProcessingJob.model_validate_json(message.body).job_id
    except ValidationError:
        return ""
