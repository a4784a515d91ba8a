"""List, read, cancel and redrive jobs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from lifestream import resources
from lifestream.api import opaque_text
from lifestream.client.video_service import VideoService
from lifestream.domain.base import Frozen
from lifestream.domain.job import JobStatus
from lifestream.domain.job_list import JobFilter, Position
from lifestream.domain.job_record import JobRecord
from lifestream.domain.options import JobOptions
from lifestream.domain.parts import SwitchedOff
from lifestream.domain.progress import Progress
from lifestream.errors import InvalidCursorError, JobNotFoundError
from lifestream.settings import ClientSettings, load

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]  # its constructor has no hints
MAX_PAGE = 100
JobId = Annotated[str, Path(min_length=1, max_length=64, description="The job's id.")]


class JobFailure(Frozen):
    """Why a job failed or is PARTIAL: the step, the name of the error, and what to do."""

    step: str
    error: str
    cause: str
    advice: str


class Job(Frozen):
    """A job as the API shows it.

    Attributes:
        file_name: The name of the uploaded file.
        current_step: The step that runs, or ran last; null until the first step begins.
        progress: How far the running step is now; null if it does not report that.
        has_results: True if transcript, summary and files can be read.
        switched_off: Parts of the results that the deployment does not make, with the reason.
    """

    job_id: str
    key: str
    file_name: str
    status: JobStatus
    current_step: str | None
    attempt: int
    submitted_at: datetime
    updated_at: datetime
    options: JobOptions
    progress: Progress | None
    failure: JobFailure | None
    has_results: bool
    switched_off: tuple[SwitchedOff, ...]

    @classmethod
    def of(cls, record: JobRecord) -> Self:
        same = ("job_id", "key", "status", "current_step", "attempt", "submitted_at", "updated_at")
        return cls(
            **{name: getattr(record, name) for name in same},
            file_name=record.job.file_name,
            options=record.job.options,
            progress=None if record.status.is_terminal else record.progress_at(datetime.now(UTC)),
            failure=_failure(record),
            has_results=record.results_prefix is not None,
            switched_off=record.switched_off,
        )


class Jobs(Frozen):
    """A page of jobs, newest first. `next` is the cursor of the following page, if there is one.

    With a filter, a page may be short or empty although there is a following one.
    """

    jobs: tuple[Job, ...]
    next: str | None


@router.get("/v1/jobs", description="List jobs, newest first.")
def list_jobs(
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    name: Annotated[str, Query(max_length=200, description="Part of the file's name.")] = "",
    status: Annotated[Sequence[JobStatus], Query(description="Any of these.")] = (),
) -> Jobs:
    wanted = JobFilter(name=name, statuses=frozenset(status))
    page = resources.job_table().page(limit, wanted, after=_place(cursor) if cursor else None)
    return Jobs(
        jobs=tuple(map(Job.of, page.records)),
        next=opaque_text.encoded(page.following) if page.following else None,
    )


@router.get("/v1/jobs/<job_id>", description="Read a job: its status, progress or failure.")
def read_job(job_id: JobId) -> Job:
    return Job.of(found(job_id))


@router.post("/v1/jobs/<job_id>/cancel", description="End a job that is waiting or running.")
def cancel_job(job_id: JobId) -> Job:
    return Job.of(service().cancel(found(job_id).job_id))


@router.post("/v1/jobs/<job_id>/redrive", description="Run a failed or PARTIAL job again.")
def redrive_job(job_id: JobId) -> Job:
    from lifestream.client.redrive import redrive

    record = found(job_id)
    redrive(service(), [record.job_id])
    return Job.of(found(job_id))


def found(job_id: str) -> JobRecord:
    """Raises JobNotFoundError."""
    record = resources.job_table().find(job_id)
    if record is None:
        raise JobNotFoundError(f"there is no job {job_id}")
    return record


def service() -> VideoService:
    return VideoService(load(ClientSettings))


def _failure(record: JobRecord) -> JobFailure | None:
    known: dict[str, Any] = record.failure.model_dump() if record.failure else {}
    return JobFailure(**{name: known[name] for name in JobFailure.model_fields}) if known else None


def _place(cursor: str) -> Position:
    """Raises InvalidCursorError. A cursor that somebody changed is just another place."""
    try:
        return opaque_text.decoded(Position, cursor)
    except ValueError as error:
        raise InvalidCursorError("the cursor is not from an earlier page") from error
