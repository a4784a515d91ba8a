"""Convert values to and from the rows of the job table. DynamoDB stores times as text and numbers
as decimals."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from lifestream.domain.base import Frozen
from lifestream.domain.job import JobStatus, ProcessingJob

ALL_JOBS = "job"
"""The attribute `kind` of every row: the partition key of the index that lists all jobs."""


def row_of(job: ProcessingJob) -> dict[str, Any]:
    """Return the row of an attempt that was accepted and not started."""
    return {
        "kind": ALL_JOBS,
        "job_id": job.job_id,
        "bucket": job.bucket,
        "key": job.key,
        "status": JobStatus.QUEUED,
        "attempt": job.attempt,
        "submitted_at": timestamp(job.submitted_at),
        "updated_at": timestamp_now(),
        "job": job.model_dump(mode="json"),
    }


def timestamp(moment: datetime) -> str:
    """Return the time as UTC text that sorts in time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def timestamp_now() -> str:
    return timestamp(datetime.now(UTC))


def stored(value: Any) -> Any:
    """Return a value as DynamoDB stores it: a model as its fields, and floats as decimals."""
    if isinstance(value, Frozen):
        return json.loads(value.model_dump_json(), parse_float=Decimal)
    return Decimal(str(value)) if isinstance(value, float) else value


def plain(value: Any) -> Any:
    """Return a value of a row with integers instead of whole decimals, at any depth."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return int(value) if hasattr(value, "as_integer_ratio") and value == int(value) else value
