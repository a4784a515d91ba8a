"""The event that reports the end of a job, on the event bus and to a webhook."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from lifestream.domain.base import Frozen
from lifestream.domain.job import JobStatus

SOURCE = "lifestream"
DETAIL_TYPE = "Job Ended"


class FailureSummary(Frozen):
    """Why a job ended without all of its results."""

    step: str
    error: str
    cause: str
    advice: str


class JobEnded(Frozen):
    """The end of a job, as ids, keys and names; the transcript stays in the bucket.

    Delivery is at least once: a repeated event has the same `event_id`.
    """

    schema_version: Literal["1"] = "1"
    event_id: str
    job_id: str
    attempt: int
    status: JobStatus
    bucket: str
    key: str
    version_id: str | None
    submitted_at: datetime
    ended_at: datetime
    results_prefix: str | None
    failure: FailureSummary | None
