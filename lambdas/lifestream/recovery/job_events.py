"""Publish the end of a job on the event bus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifestream.domain.job_ended import DETAIL_TYPE, SOURCE, FailureSummary, JobEnded
from lifestream.domain.job_record import JobRecord
from lifestream.errors import TransientError

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


class EventPublisher:
    """Publishes to the account's default event bus, with the source `lifestream`."""

    def __init__(self, events: EventBridgeClient) -> None:
        self._events = events

    def publish(self, record: JobRecord) -> None:
        """Raises TransientError if the event bus refuses the event."""
        answer = self._events.put_events(
            Entries=[
                {
                    "Source": SOURCE,
                    "DetailType": DETAIL_TYPE,
                    "Detail": job_ended_event(record).model_dump_json(),
                }
            ]
        )
        if answer["FailedEntryCount"]:
            raise TransientError("the event bus refused the event of a job")


def job_ended_event(record: JobRecord) -> JobEnded:
    failure = record.failure
    return JobEnded(
        event_id=f"{record.job_id}-{record.attempt}",
        job_id=record.job_id,
        attempt=record.attempt,
        status=record.status,
        bucket=record.bucket,
        key=record.key,
        version_id=record.job.version_id,
        submitted_at=record.submitted_at,
        ended_at=record.updated_at,
        results_prefix=record.results_prefix,
        failure=FailureSummary(**failure.model_dump(include=set(FailureSummary.model_fields)))
        if failure
        else None,
    )
