"""A job's row that says how it ended in; an event for everybody who waits for it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifestream.aws.job_table import JobRecord
from lifestream.domain.job_ended import DETAIL_TYPE, SOURCE, JobEnded, WhyEnded
from lifestream.errors import TransientError

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


class Announcements:
    """On the account's default event bus, with the source `lifestream`."""

    def __init__(self, events: EventBridgeClient) -> None:
        self._events = events

    def tell(self, record: JobRecord) -> None:
        """Raises TransientError where the bus did not take it."""
        answer = self._events.put_events(
            Entries=[
                {
                    "Source": SOURCE,
                    "DetailType": DETAIL_TYPE,
                    "Detail": ended(record).model_dump_json(),
                }
            ]
        )
        if answer["FailedEntryCount"]:
            raise TransientError("the event bus did not take the end of a job")


def ended(record: JobRecord) -> JobEnded:
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
        failure=WhyEnded(**failure.model_dump(include=set(WhyEnded.model_fields)))
        if failure
        else None,
    )
