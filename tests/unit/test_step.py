"""The wrapper of every step parses the event, writes the job's status and names errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from builders import a_job
from conftest import JOBS, Aws
from lifestream.aws import clients
from lifestream.aws.job_table import JobTable
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.errors import JobEndedError, NoAudioError, TransientError
from lifestream.observability import logger
from lifestream.step import step
from lifestream.step_names import Step


def a_step(work: Callable[[ProcessingJob], ProcessingJob]) -> Callable[..., dict[str, Any]]:
    return step(Step.INSPECT_VIDEO, takes=ProcessingJob, status=JobStatus.INSPECTING)(work)


def event() -> dict[str, Any]:
    return a_job().model_dump(mode="json")


def client_error(code: str, status: int) -> ClientError:
    return ClientError(
        {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "GetObject",
    )


def test_the_answer_is_json_and_the_row_shows_the_step(aws: Aws) -> None:  # noqa: ARG001
    jobs = JobTable(clients.table(JOBS))
    jobs.accept(a_job())

    answer = a_step(lambda job: job)(event(), None)

    assert ProcessingJob.model_validate(answer) == a_job()
    record = jobs.find(a_job().job_id)
    assert record is not None
    assert (record.status, record.current_step) == (JobStatus.INSPECTING, Step.INSPECT_VIDEO)


def test_a_step_does_nothing_for_a_job_that_has_ended(aws: Aws) -> None:  # noqa: ARG001
    jobs, worked = JobTable(clients.table(JOBS)), list[ProcessingJob]()
    jobs.accept(a_job())
    jobs.cancel(a_job())

    def work(job: ProcessingJob) -> ProcessingJob:
        worked.append(job)
        return job

    with pytest.raises(JobEndedError):
        a_step(work)(event(), None)

    assert worked == []


@pytest.mark.parametrize(
    "error",
    [
        client_error("SlowDown", 503),
        client_error("InternalError", 500),
        client_error("ThrottlingException", 400),
        EndpointConnectionError(endpoint_url="x"),
        ReadTimeoutError(endpoint_url="x"),
    ],
)
def test_temporary_aws_errors_are_transient(aws: Aws, error: Exception) -> None:  # noqa: ARG001
    def work(_job: ProcessingJob) -> ProcessingJob:
        raise error

    with pytest.raises(TransientError):
        a_step(work)(event(), None)


@pytest.mark.parametrize("error", [client_error("AccessDenied", 403), NoAudioError("none")])
def test_other_errors_keep_their_names(aws: Aws, error: Exception) -> None:  # noqa: ARG001
    def work(_job: ProcessingJob) -> ProcessingJob:
        raise error

    with pytest.raises(type(error)):
        a_step(work)(event(), None)


def test_a_failure_is_logged_with_its_name_and_without_its_message(
    aws: Aws,  # noqa: ARG001
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(_job: ProcessingJob) -> ProcessingJob:
        raise NoAudioError("secret-talk.mp4 has no audio")

    with pytest.raises(NoAudioError):
        a_step(fail)(event(), None)

    [entry] = [vars(record) for record in caplog.records]
    assert (entry["msg"], entry["error"]) == ("step failed", "NoAudioError")
    assert "secret-talk" not in str(entry)
    assert logger.get_current_keys()["job_id"] == a_job().job_id
