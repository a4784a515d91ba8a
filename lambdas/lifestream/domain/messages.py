"""Parse the messages of the ingest queue into jobs.

The queue takes S3 event notifications, the same events from EventBridge, and ProcessingJobs: those
that the client sends, and those that were moved back from the dead-letter queue.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from lifestream.domain.bucket_layout import UPLOADS
from lifestream.domain.job import ProcessingJob
from lifestream.errors import InvalidMessageError

CREATED = "ObjectCreated:"


class ParsedMessage(NamedTuple):
    """The content of a message of the ingest queue.

    `unusable` holds the reason for each record of the message from which no job can be made.
    """

    jobs: list[ProcessingJob]
    unusable: list[str]


def parse_message(body: str, *, bucket: str) -> ParsedMessage:
    """Return the jobs that a message asks for.

    Test events, deletions and objects outside `uploads/` ask for none. A bad record does not keep
    the other records of its message from becoming jobs. Raises InvalidMessageError for a message
    that is neither an event nor a job, or that is about another bucket.
    """
    message = _parsed(body)
    if message.get("Event") == "s3:TestEvent":
        return ParsedMessage([], [])
    if isinstance(message.get("Records"), list) and message["Records"]:
        return _from_records(message["Records"], bucket)
    with _unusable_means_invalid():
        if message.get("detail-type") == "Object Created":
            return ParsedMessage(_of(bucket, _from_event_bridge(message)), [])
        if "job_id" in message:
            return ParsedMessage(_of(bucket, [_from_job(body)]), [])
    fields = str(sorted(message)[:10])
    raise InvalidMessageError(f"neither an S3 event nor a job; fields: {fields[:200]}")


def _of(bucket: str, jobs: list[ProcessingJob]) -> list[ProcessingJob]:
    if any(job.bucket != bucket for job in jobs):
        raise InvalidMessageError(f"the message is not about the bucket {bucket}")
    return jobs


def _from_records(records: list[Any], bucket: str) -> ParsedMessage:
    asked = ParsedMessage([], [])
    for record in records:
        try:
            with _unusable_means_invalid():
                asked.jobs.extend(_of(bucket, _from_s3(record)))
        except InvalidMessageError as error:
            asked.unusable.append(str(error))
    return asked


@contextmanager
def _unusable_means_invalid() -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise InvalidMessageError(f"unusable message: {type(error).__name__}: {error}") from error


def _parsed(body: str) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidMessageError(f"the message is not JSON: {error}") from error
    if not isinstance(message, dict):
        raise InvalidMessageError("the message is not a JSON object")
    return message


def _from_s3(record: dict[str, Any]) -> list[ProcessingJob]:
    """S3 encodes keys in notifications as in a query string: `+` for a space, `%2B` for a plus."""
    if not record["eventName"].startswith(CREATED):
        return []
    s3 = record["s3"]
    return _upload(
        bucket=s3["bucket"]["name"],
        key=unquote_plus(s3["object"]["key"]),
        entity=s3["object"] | {"version-id": s3["object"].get("versionId")},
        etag=s3["object"].get("eTag"),
        at=record.get("eventTime"),
    )


def _from_event_bridge(event: dict[str, Any]) -> list[ProcessingJob]:
    """EventBridge carries the key as it is."""
    entity = event["detail"]["object"]
    return _upload(
        bucket=event["detail"]["bucket"]["name"],
        key=entity["key"],
        entity=entity,
        etag=entity.get("etag"),
        at=event.get("time"),
    )


def _upload(
    *, bucket: str, key: str, entity: dict[str, Any], etag: str | None, at: str | None
) -> list[ProcessingJob]:
    if not key.startswith(UPLOADS):
        return []
    job = ProcessingJob.for_upload(
        bucket=bucket,
        key=key,
        version_id=entity.get("version-id"),
        etag=etag,
        sequencer=entity.get("sequencer"),
        size=entity.get("size"),
        submitted_at=datetime.fromisoformat(at) if at else datetime.now(UTC),
    )
    return [job]


def _from_job(body: str) -> ProcessingJob:
    """A job with a failure block comes from the dead-letter queue: it is the next attempt."""
    job = ProcessingJob.model_validate_json(body)
    return job.for_redrive() if job.failure else job
