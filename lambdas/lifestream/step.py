"""Turn a function into the handler of a step: parse the event, record the status, run, log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

from pydantic import BaseModel

from lifestream.aws import api_keys
from lifestream.aws.transient import transient_aws_errors
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.errors import JobEndedError, KeyRefusedError
from lifestream.observability import logger
from lifestream.resources import job_table
from lifestream.step_names import Step

Payload = TypeVar("Payload", bound=BaseModel)
LambdaHandler = Callable[[dict[str, Any], object], dict[str, Any]]


def step(
    name: Step, *, takes: type[Payload], status: JobStatus | None = None
) -> Callable[[Callable[[Payload], BaseModel]], LambdaHandler]:
    """Turn a function from a model to a model into a Lambda handler.

    takes: the model that the event is parsed into
    status: written to the job's row before the function runs

    The handler raises JobEndedError if the job has ended, TransientError for temporary errors of
    AWS, and every error that the function raises. If a vendor refuses an API key, the cached keys
    are dropped, and the state machine runs the step once more.
    """

    def decorate(work: Callable[[Payload], BaseModel]) -> LambdaHandler:
        @wraps(work)
        def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
            payload = takes.model_validate(event)
            job = payload if isinstance(payload, ProcessingJob) else getattr(payload, "job", None)
            logger.append_keys(step=name, job_id=job and job.job_id, attempt=job and job.attempt)
            started = time.monotonic()
            with transient_aws_errors(), forgetting_refused_keys():
                if status and isinstance(job, ProcessingJob):
                    enter_step(job, name, status)
                answer = work(payload)
            logger.info("step finished", extra={"seconds": round(time.monotonic() - started, 3)})
            return answer.model_dump(mode="json")

        return handler

    return decorate


def enter_step(job: ProcessingJob, name: Step, status: JobStatus) -> None:
    """Write the status. Raises JobEndedError if the job has ended: its steps must not work then."""
    if not job_table().enter(job, name, status):
        raise JobEndedError(f"attempt {job.attempt} of job {job.job_id} has ended before {name}")


@contextmanager
def forgetting_refused_keys() -> Iterator[None]:
    try:
        yield
    except KeyRefusedError:
        api_keys.reset()
        raise
