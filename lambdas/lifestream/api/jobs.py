"""List, read, cancel and redrive jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from lifestream import resources
from lifestream.api import opaque_text
from lifestream.aws import clients
from lifestream.client.video_service import VideoService
from lifestream.domain.job import JobStatus
from lifestream.domain.job_list import JobFilter, Order, Position
from lifestream.domain.job_record import JobRecord
from lifestream.domain.prices import Rates
from lifestream.errors import InvalidCursorError, JobNotFoundError
from lifestream.rest.jobs import Job, Jobs, RedrivePlan, StepRun, StepRuns
from lifestream.settings import ClientSettings, CostSettings, StateMachineSettings, load
from lifestream.step_names import WORKING_STEPS

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]  # its constructor has no hints
MAX_PAGE = 100
JobId = Annotated[str, Path(min_length=1, max_length=64, description="The job's id.")]


@router.get("/v1/jobs", description="List jobs in the order in which they were submitted.")
def list_jobs(
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    name: Annotated[str, Query(max_length=200, description="Part of the file's name.")] = "",
    id: Annotated[str, Query(max_length=64, description="The first characters of the id.")] = "",  # noqa: A002
    status: Annotated[Sequence[JobStatus], Query(description="Any of these.")] = (),
    order: Annotated[Order, Query(description="Which job comes first.")] = Order.NEWEST,
) -> Jobs:
    wanted = JobFilter(name=name, id_prefix=id, statuses=frozenset(status))
    after = _place(cursor) if cursor else None
    page = resources.job_table().page(limit, wanted, after=after, order=order)
    return Jobs(
        jobs=tuple(map(Job.of, page.records)),
        next=opaque_text.encoded(page.following) if page.following else None,
    )


@router.get("/v1/jobs/<job_id>", description="Read a job: its status, progress or failure.")
def read_job(job_id: JobId) -> Job:
    return Job.of(found(job_id))


@router.get("/v1/jobs/<job_id>/steps", description="See when each step of a job ran.")
def list_steps(job_id: JobId) -> StepRuns:
    record = found(job_id)
    executions = resources.executions(load(StateMachineSettings).state_machine_arn)
    runs = executions.states(record.job.execution_name)
    steps = (
        StepRun.of(runs[step], is_over=record.status.is_terminal)
        for step in WORKING_STEPS
        if step in runs
    )
    return StepRuns(attempt=record.attempt, steps=tuple(steps))


@router.get("/v1/rates", description="See what the costs of jobs depend on.")
def read_rates() -> Rates:
    return load(CostSettings).rates


@router.post("/v1/jobs/<job_id>/cancel", description="End a job that is waiting or running.")
def cancel_job(job_id: JobId) -> Job:
    return Job.of(service().cancel(found(job_id).job_id))


@router.get("/v1/jobs/<job_id>/redrive", description="See what a redrive of a job would do.")
def read_redrive(job_id: JobId) -> RedrivePlan:
    from lifestream.client.redrive import failed_job, plan_of

    return plan_of(clients.s3(), failed_job(service(), found(job_id).job_id))


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


def _place(cursor: str) -> Position:
    """Raises InvalidCursorError. A cursor that somebody changed is just another place."""
    try:
        return opaque_text.decoded(Position, cursor)
    except ValueError as error:
        raise InvalidCursorError("the cursor is not from an earlier page") from error
