"""ExecutionEnded writes the row, DLQ message and event for the events that AWS documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from aws_documents import document
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.errors import TransientError
from simulation.cloud import Cloud
from simulation.executions import Record
from simulation.world import simulated
from triggers import execution_ended

EVENTS: list[dict[str, Any]] = document("execution_events")["events"]


def examples(*, succeeded: bool) -> list[Any]:
    return [
        pytest.param(example["message"], id=example["name"])
        for example in EVENTS
        if (example["message"]["detail"]["status"] == "SUCCEEDED") == succeeded
    ]


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """Yield a cloud in which only the test sends events."""
    with simulated(1) as made:
        made.loses_events = True
        yield made


def interrupted(cloud: Cloud) -> tuple[ProcessingJob, Record]:
    """Return an execution whose end was not recorded."""
    job = cloud.upload()
    cloud.deliver([cloud.inbox.pop()])
    cloud.run_until("ExtractAudio")
    [record] = cloud.executions.running()
    return job, record


def send_event(example: dict[str, Any], record: Record) -> None:
    """Send the event as AWS documents it, with the names and payloads of our execution."""
    ours = {"executionArn": record.executionArn, "name": record.name}
    payloads = {"input": record.input, "output": record.output}
    detail = example["detail"]
    shown = {name: value for name, value in payloads.items() if detail[name] is not None}
    execution_ended.handler(example | {"detail": detail | ours | shown}, None)


@pytest.mark.parametrize("example", examples(succeeded=False))
def test_a_failed_execution_leaves_a_failed_job_and_one_dlq_message(
    cloud: Cloud, example: dict[str, Any]
) -> None:
    job, record = interrupted(cloud)
    detail = example["detail"]
    why = {name: detail.get(name) for name in ("error", "cause")}
    cloud.executions.end(record, detail["status"], **why)

    send_event(example, record)

    row = cloud.service.job(job.job_id)
    assert row.status == JobStatus.FAILED
    assert row.failure is not None
    assert row.failure.error == (detail.get("error") or row.failure.error)
    assert len(cloud.dlq_messages()) == 1
    assert [one.status for one in cloud.events] == [JobStatus.FAILED]


@pytest.mark.parametrize("example", examples(succeeded=True))
def test_a_job_that_succeeded_is_never_taken_for_a_failed_one(
    cloud: Cloud, example: dict[str, Any]
) -> None:
    job = cloud.upload()
    cloud.run_until_idle()
    cloud.forget_rows()
    [record] = cloud.executions.records.values()

    send_event(example, record)

    row = cloud.service.job(job.job_id)
    assert (row.status, row.results_prefix) == (JobStatus.SUCCEEDED, job.results_prefix)
    assert cloud.dlq_messages() == []


def test_an_error_missing_in_the_event_is_read_from_step_functions(cloud: Cloud) -> None:
    """The examples of failed executions show neither error nor cause."""
    job, record = interrupted(cloud)
    cloud.executions.end(record, "FAILED", error="States.Runtime", cause="no such field")

    send_event(named("failed"), record)

    failure = cloud.service.job(job.job_id).failure
    assert failure is not None
    assert (failure.error, failure.cause) == ("States.Runtime", "no such field")


def test_an_execution_started_by_hand_is_ignored(cloud: Cloud) -> None:
    """The input is the one that the console suggests."""
    given = '{"Comment": "Insert your JSON here"}'
    by_hand = Record("arn:execution:by-hand", "by-hand", given, status="FAILED")
    cloud.executions.records["by-hand"] = by_hand

    send_event(named("failed"), by_hand)

    assert cloud.events == []
    assert cloud.dlq_messages() == []


def test_an_end_not_yet_shown_by_step_functions_raises_a_transient_error(cloud: Cloud) -> None:
    """DescribeExecution is eventually consistent; Lambda calls again when the handler raises."""
    job, record = interrupted(cloud)

    with pytest.raises(TransientError):
        send_event(named("input too large"), record)

    assert not cloud.service.job(job.job_id).status.is_terminal


def named(name: str) -> dict[str, Any]:
    message: dict[str, Any] = next(e["message"] for e in EVENTS if e["name"] == name)
    return message
