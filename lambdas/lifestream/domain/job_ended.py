"""What is told to others when a job has ended: on the event bus, and to a webhook."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from lifestream.domain.base import Frozen
from lifestream.domain.job import JobStatus

SOURCE = "lifestream"
DETAIL_TYPE = "Job Ended"


class FailureSummary(Frozen):
    """Of a job that ended without all of its results."""

    step: str
    error: str
    cause: str
    advice: str


class JobEnded(Frozen):
    """Keys and names only; what was said stays in the bucket. The same end may be told more than
    once: `event_id` is the same then."""

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
