"""A list of jobs in the order in which they were submitted, page by page."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Self

from pydantic import BaseModel, ConfigDict

from lifestream.domain.base import Frozen
from lifestream.domain.job import JobStatus
from lifestream.domain.job_record import JobRecord


class Order(StrEnum):
    """Which job comes first."""

    NEWEST = "newest"
    OLDEST = "oldest"


class ListedJob(BaseModel):
    """What a filter needs of a job's row."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    job_id: str
    key: str
    status: JobStatus
    submitted_at: datetime


class Position(Frozen):
    """A place in the list: just after this job. Jobs of one moment are ordered by their ids."""

    submitted_at: datetime
    job_id: str

    @classmethod
    def of(cls, job: ListedJob | JobRecord) -> Self:
        return cls(submitted_at=job.submitted_at, job_id=job.job_id)


class JobFilter(Frozen):
    """Which jobs are wanted.

    Attributes:
        name: Part of the file's name, in any case and any Unicode form.
        id_prefix: The first characters of the job's id.
        statuses: One of them. Empty: any.
    """

    name: str = ""
    id_prefix: str = ""
    statuses: frozenset[JobStatus] = frozenset()

    def matches(self, job: ListedJob) -> bool:
        is_status = not self.statuses or job.status in self.statuses
        is_id = job.job_id.startswith(self.id_prefix)
        return is_status and is_id and _folded(self.name) in _folded(PurePosixPath(job.key).name)


class JobPage(Frozen):
    """`following` is where the next page starts; None if this is the last one."""

    records: tuple[JobRecord, ...]
    following: Position | None


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
