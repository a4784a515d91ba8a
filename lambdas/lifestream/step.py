"""Turn a function into the handler of a step: parse the event, record the status, run, log."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from pydantic import BaseModel

from lifestream.aws.transient import transient_aws_errors
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.errors import JobEndedError
from lifestream.observability import logger
from lifestream.resources import job_table
from lifestream.step_names import Step

Taken = TypeVar("Taken", bound=BaseModel)
LambdaHandler = Callable[[dict[str, Any], object], dict[str, Any]]


def step(
    name: Step, *, takes: type[Taken], status: JobStatus | None = None
) -> Callable[[Callable[[Taken], BaseModel]], LambdaHandler]:
    """Turns `Taken -> model` into a Lambda handler. With `status`, the job's row shows it."""

    def decorate(work: Callable[[Taken], BaseModel]) -> LambdaHandler:
        @wraps(work)
        def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
            taken = takes.model_validate(event)
            job = taken if isinstance(taken, ProcessingJob) else getattr(taken, "job", None)
            logger.append_keys(step=name, job_id=job and job.job_id, attempt=job and job.attempt)
            started = time.monotonic()
            with transient_aws_errors():
                if status and isinstance(job, ProcessingJob):
                    begin(job, name, status)
                answer = work(taken)
            logger.info("step finished", extra={"seconds": round(time.monotonic() - started, 3)})
            return answer.model_dump(mode="json")

        return handler

    return decorate


def begin(job: ProcessingJob, name: Step, status: JobStatus) -> None:
    """Raises JobEndedError: a step of a job that has ended must not work."""
    if not job_table().enter(job, name, status):
        raise JobEndedError(f"attempt {job.attempt} of job {job.job_id} has ended before {name}")
