"""Add up what the jobs of a day cost, including those that have not ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from statistics import median

from lifestream.domain.estimates import Sample, estimate, samples
from lifestream.domain.job import JobStatus
from lifestream.domain.job_record import JobRecord
from lifestream.domain.prices import SECONDS_PER_HOUR, Rates


class DayCost:
    """The cost of a day in UTC, as far as the rows of the latest jobs show it.

    A row whose event was published without a cost was restored or is from an older version. It
    counts nothing, because nobody knows what its job cost and when.

    Attributes:
        dollars: What jobs cost that ended on this day, and what those will cost that have started.
        typical_dollars: What a job costs whose duration is not known yet.
    """

    def __init__(self, records: Sequence[JobRecord], now: datetime, rates: Rates) -> None:
        self._now = now
        self._rates = rates
        self._past = samples(records, rates.whisper_model)
        self.typical_dollars = self._estimated(_typical_seconds(self._past))
        self.dollars = sum(self._of(record) for record in records)

    def _of(self, record: JobRecord) -> float:
        if not _has_started(record):
            return 0.0
        if record.status.is_terminal and record.updated_at.date() != self._now.date():
            return 0.0
        if record.cost or record.is_event_published:
            return record.cost.total if record.cost else 0.0
        seconds = record.duration_seconds
        return self.typical_dollars if seconds is None else self._estimated(seconds)

    def _estimated(self, seconds: float) -> float:
        return estimate(seconds, self._rates, self._past).total


def _has_started(record: JobRecord) -> bool:
    is_waiting = record.status == JobStatus.QUEUED or record.current_step is None
    return record.admitted_at is not None or not is_waiting


def _typical_seconds(past: Sequence[Sample]) -> float:
    return median([one.duration_seconds for one in past] or [SECONDS_PER_HOUR])
