"""A job as people and programs see it."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

from lifestream.domain.base import Frozen
from lifestream.domain.job import SHORT_ID_CHARACTERS, JobStatus
from lifestream.domain.job_cost import JobCost
from lifestream.domain.job_record import JobRecord
from lifestream.domain.options import JobOptions
from lifestream.domain.parts import SwitchedOff
from lifestream.domain.progress import Progress
from lifestream.domain.state_runs import StateRun
from lifestream.step_names import Step


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
        wait_reason: Why the job does not start although it was uploaded; null otherwise.
        duration_seconds: The length of the recording; null until it is known.
        cost: What the job has cost, over all attempts; null until the latest one has ended.
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
    wait_reason: str | None = None
    duration_seconds: float | None = None
    cost: JobCost | None = None
    failure: JobFailure | None
    has_results: bool
    switched_off: tuple[SwitchedOff, ...]

    @property
    def short_id(self) -> str:
        return self.job_id[:SHORT_ID_CHARACTERS]

    @classmethod
    def of(cls, record: JobRecord) -> Self:
        same = ("job_id", "key", "status", "current_step", "attempt", "submitted_at", "updated_at")
        return cls(
            **{name: getattr(record, name) for name in same},
            file_name=record.job.file_name,
            options=record.options,
            progress=None if record.status.is_terminal else record.progress_at(datetime.now(UTC)),
            wait_reason=None if record.status.is_terminal else record.wait_reason,
            duration_seconds=record.duration_seconds,
            cost=record.cost,
            failure=_failure(record),
            has_results=record.results_prefix is not None,
            switched_off=record.switched_off,
        )


class Jobs(Frozen):
    """A page of jobs. `next` is the cursor of the following page, if there is one.

    With a filter, a page may be short or empty although there is a following one.
    """

    jobs: tuple[Job, ...]
    next: str | None


class JobChange(Frozen):
    """The job as it is now. `is_changed` is False if nothing happened in the time."""

    job: Job
    is_changed: bool


class StepState(StrEnum):
    """What became of a step. `stopped`: the execution was ended from outside while it ran."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class StepRun(Frozen):
    """When a step ran. A step that was started again counts from its last start.

    Attributes:
        ended_at: Null while it runs, and if it was stopped.
    """

    step: Step
    state: StepState
    started_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, run: StateRun, *, is_over: bool) -> Self:
        """`is_over`: the job has ended."""
        if run.ended is None:
            state = StepState.STOPPED if is_over else StepState.RUNNING
        else:
            state = StepState.FAILED if run.is_failed else StepState.DONE
        return cls(step=Step(run.name), state=state, started_at=run.started, ended_at=run.ended)


class StepRuns(Frozen):
    """The steps of the latest attempt that have begun, in the order of the pipeline.

    There are none before the job leaves the queue, and 90 days after its end.
    """

    attempt: int
    steps: tuple[StepRun, ...]


class RedrivePlan(Frozen):
    """What another attempt of a job would do.

    Attributes:
        failed_in: The step that failed; null if nobody knows.
        error: The name of the error.
        steps_left: The steps that would run. PublishResults always runs, and costs nothing.
        is_unusable: True if only another version of the video can help.
    """

    job_id: str
    key: str
    failed_in: str | None
    error: str | None
    steps_left: tuple[str, ...]
    needs_gpu: bool
    is_unusable: bool

    @property
    def short_id(self) -> str:
        return self.job_id[:SHORT_ID_CHARACTERS]


def _failure(record: JobRecord) -> JobFailure | None:
    known: dict[str, Any] = record.failure.model_dump() if record.failure else {}
    return JobFailure(**{name: known[name] for name in JobFailure.model_fields}) if known else None
