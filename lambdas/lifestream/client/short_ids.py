"""Which job a person or a program means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from lifestream.domain.job import ProcessingJob
from lifestream.errors import AmbiguousJobIdError, JobNotFoundError

Job = TypeVar("Job")


def id_of(job: ProcessingJob | str) -> str:
    return job if isinstance(job, str) else job.job_id


def only_one(found: Sequence[Job], typed: str) -> Job:
    """Return the job that was found. Raises JobNotFoundError or AmbiguousJobIdError."""
    if not found:
        raise JobNotFoundError(f"no job starts with {typed!r}")
    if len(found) > 1:
        raise AmbiguousJobIdError(f"{len(found)} jobs start with {typed!r}")
    return found[0]
