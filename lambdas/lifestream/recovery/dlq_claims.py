"""Let only one of several senders send the DLQ message of an attempt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from boto3.dynamodb.conditions import Attr

from lifestream.aws.job_rows import timestamp
from lifestream.aws.job_table import JobTable
from lifestream.domain.job_record import DLQ_CLAIM, JobRecord


@dataclass(frozen=True)
class DlqClaims:
    """Claims in a job's row. A claim older than `grace_period` is void: its sender crashed."""

    jobs: JobTable
    grace_period: timedelta

    @contextmanager
    def claim_dlq_send(self, record: JobRecord) -> Iterator[bool]:
        """Yield True to only one of the senders of this attempt's DLQ message.

        An exception releases the claim; after a crash it stays until it is void.
        """
        if not self._claim(record):
            yield False
            return
        try:
            yield True
        except Exception:
            self.jobs.change(record, {DLQ_CLAIM: None})
            raise
        self.note_sent(record)

    def note_sent(self, record: JobRecord) -> None:
        """Note that the DLQ message of this attempt is in the queue."""
        self.jobs.change(record, {DLQ_CLAIM: _claim_of(record, "sent")})

    def _claim(self, record: JobRecord) -> bool:
        state, at, attempt = (Attr(f"{DLQ_CLAIM}.{name}") for name in ("state", "at", "attempt"))
        void_since = timestamp(datetime.now(UTC) - self.grace_period)
        is_void = state.eq("sending") & at.lte(void_since)
        is_open = Attr(DLQ_CLAIM).not_exists() | attempt.lt(record.attempt) | is_void
        return self.jobs.change(record, {DLQ_CLAIM: _claim_of(record, "sending")}, is_open)


def _claim_of(record: JobRecord, state: str) -> dict[str, object]:
    return {"attempt": record.attempt, "state": state, "at": timestamp(datetime.now(UTC))}
