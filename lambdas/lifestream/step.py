"""Turn a function into the handler of a step: parse the event, record the status, run, log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

from pydantic import BaseModel

from lifestream.aws import api_keys
from lifestream.aws.slots import Pool
from lifestream.aws.transient import transient_aws_errors
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.metrics import Metric
from lifestream.errors import JobEndedError, KeyRefusedError
from lifestream.observability import emit, logger
from lifestream.resources import job_table
from lifestream.step_names import Step

Payload = TypeVar("Payload", bound=BaseModel)
LambdaHandler = Callable[[dict[str, Any], object], dict[str, Any]]


def step(
    name: Step,
    *,
    takes: type[Payload],
    status: JobStatus | None = None,
    slot: Pool | None = None,
) -> Callable[[Callable[[Payload], BaseModel]], LambdaHandler]:
    """Turn a function from a model to a model into a Lambda handler.

    takes: the model that the event is parsed into
    status: written to the job's row before the function runs
    slot: what the job has waited for until then

    The handler raises JobEndedError if the job has ended, TransientError for temporary errors of
    AWS, and every error that the function raises. If a vendor refuses an API key, the cached keys
    are dropped, and the state machine runs the step once more.
    """

    def decorate(work: Callable[[Payload], BaseModel]) -> LambdaHandler:
        @wraps(work)
        def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
            payload = takes.model_validate(event)
            job = _job_of(payload)
            job_id = job.job_id if job else None
            logger.append_keys(step=name, job_id=job_id, attempt=job and job.attempt)
            started = time.monotonic()
            with logging_failures(), transient_aws_errors(), forgetting_refused_keys():
                if status and isinstance(job, ProcessingJob):
                    enter_step(job, name, status, slot)
                answer = work(payload)
            seconds = round(time.monotonic() - started, 3)
            logger.info("step finished", extra={"seconds": seconds})
            emit({Metric.STEP_SECONDS: seconds}, job_id=job_id, step=name)
            return answer.model_dump(mode="json")

        return handler

    return decorate


def _job_of(payload: BaseModel) -> ProcessingJob | None:
    return payload if isinstance(payload, ProcessingJob) else getattr(payload, "job", None)


def enter_step(job: ProcessingJob, name: Step, status: JobStatus, slot: Pool | None = None) -> None:
    """Write the status, and measure the wait for a slot.

    Raises JobEndedError if the job has ended: its steps must not work then.
    """
    before = job_table().enter(job, name, status)
    if not before:
        raise JobEndedError(f"attempt {job.attempt} of job {job.job_id} has ended before {name}")
    if slot and before.status not in (None, status):  # not if the step starts once more
        emit({Metric.SLOT_WAIT_SECONDS: before.seconds}, job_id=job.job_id, pool=slot)


@contextmanager
def logging_failures() -> Iterator[None]:
    """Log the error's name with the job's id. Its message may quote the video, so Lambda's own
    report, which has no job id, and the DLQ message have it."""
    try:
        yield
    except Exception as error:
        logger.error("step failed", extra={"error": type(error).__name__})
        raise


@contextmanager
def forgetting_refused_keys() -> Iterator[None]:
    try:
        yield
    except KeyRefusedError:
        api_keys.reset()
        raise
