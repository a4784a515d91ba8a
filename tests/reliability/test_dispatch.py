"""B: the dispatcher and its queues."""

from __future__ import annotations

import json

import pytest

from builders import LAMBDA_CONTEXT, a_job, sqs_event
from lifestream.domain.job import JobStatus, ProcessingJob
from simulation.cloud import Cloud
from simulation.faults import Fault
from simulation.uploads import Message, notification
from triggers import dispatcher


def status(cloud: Cloud, job: ProcessingJob) -> JobStatus:
    return cloud.service.job(job.job_id).status


@pytest.mark.fault(
    "B1", by="killed before StartExecution", so="the redelivered message starts it, once"
)
@pytest.mark.fault(
    "B2", by="killed after StartExecution", so="the redelivered message changes nothing"
)
@pytest.mark.parametrize("kind", ["kill before", "kill after"])
def test_a_dispatcher_that_dies_at_start_execution_loses_nothing(cloud: Cloud, kind: str) -> None:
    cloud.faults.plan = [Fault("Dispatcher StartExecution *", kind)]  # type: ignore[arg-type]
    job = cloud.upload()

    cloud.run_until_idle()

    assert cloud.faults.happened
    assert list(cloud.executions.records) == [job.execution_name]
    assert status(cloud, job) == JobStatus.SUCCEEDED


@pytest.mark.fault("B3", by="one of ten messages fails", so="only that message is returned")
@pytest.mark.fault("B8", by="a message that always fails, among good ones", so="the good ones run")
def test_a_message_that_always_fails_does_not_stop_the_others(cloud: Cloud) -> None:
    jobs = [cloud.upload(f"{number}.mp4") for number in range(9)]
    cloud.inbox.insert(4, Message("poison"))
    batch, cloud.inbox = cloud.inbox, []
    cloud.deliver(batch)
    cloud.scheduler.run(until=lambda: len(cloud.executions.records) == len(jobs))

    cloud.run_until_idle()

    assert [status(cloud, job) for job in jobs] == [JobStatus.SUCCEEDED] * 9
    assert [message.receives for message in batch] == [
        3 if m.body == "poison" else 0 for m in batch
    ]
    assert cloud.dlq_messages() == ["poison"]


@pytest.mark.fault(
    "B4", by="failures at every position of a batch", so="the id of each failed message is returned"
)
@pytest.mark.parametrize("bad", [{0}, {9}, {0, 9}, set(range(10)), {3, 4, 5}])
@pytest.mark.usefixtures("cloud")
def test_the_response_lists_every_failed_message(bad: set[int]) -> None:
    """Lambda would delete the message after None, `{}` or a list without its id."""
    good = notification(a_job().model_copy(update={"key": "results/x"}))  # no upload: ignored
    answer = dispatcher.handler(
        sqs_event("poison" if number in bad else good for number in range(10)), LAMBDA_CONTEXT
    )

    failed = [item["itemIdentifier"] for item in answer["batchItemFailures"]]
    assert failed == [str(number) for number in sorted(bad)]


@pytest.mark.fault(
    "B6", by="StartExecution is throttled twice", so="it starts later; nothing goes to the DLQ"
)
def test_a_throttled_start_happens_later(cloud: Cloud) -> None:
    cloud.faults.plan = [Fault("Dispatcher StartExecution *", "throttle", times=2)]
    job = cloud.upload()

    cloud.run_until_idle()

    assert status(cloud, job) == JobStatus.SUCCEEDED
    assert cloud.dlq_messages() == []


@pytest.mark.fault(
    "B7", by="three receives fail", so="one DLQ message, which is the original event"
)
@pytest.mark.fault("B9", by="redriven after the fault is repaired", so="the job succeeds")
def test_an_event_that_fails_three_times_becomes_one_dlq_message(cloud: Cloud) -> None:
    cloud.faults.plan = [Fault("Dispatcher *", "refuse", times=99)]
    jobs = [cloud.upload(f"{number}.mp4") for number in range(3)]
    events = [message.body for message in cloud.inbox]
    cloud.run_until_idle()
    assert sorted(cloud.dlq_messages()) == sorted(events)
    cloud.check(*jobs)

    cloud.faults.plan = []
    assert cloud.redrive_all() == 3
    cloud.run_until_idle()

    assert [status(cloud, job) for job in jobs] == [JobStatus.SUCCEEDED] * 3
    assert cloud.dlq_messages() == []


@pytest.mark.fault("B10", by="an old DLQ message of a job that has succeeded", so="nothing happens")
def test_a_redrive_of_a_finished_job_costs_nothing(cloud: Cloud) -> None:
    cloud.summarizer.is_down = True
    job = cloud.upload()
    cloud.run_until_idle()
    [dlq_message] = cloud.dlq_messages()
    cloud.summarizer.is_down = False
    cloud.redrive_all()
    cloud.run_until_idle()
    paid, writes = cloud.summarizer.paid.total(), len(cloud.executions.records)

    cloud.inbox += [Message(dlq_message), Message(dlq_message)]
    cloud.run_until_idle()

    assert status(cloud, job) == JobStatus.SUCCEEDED
    assert (cloud.summarizer.paid.total(), len(cloud.executions.records)) == (paid, writes)


@pytest.mark.fault(
    "B11", by="the row is deleted, then the event arrives again", so="still one execution"
)
def test_a_job_without_its_row_still_runs_once(cloud: Cloud) -> None:
    job = cloud.upload()
    cloud.run_until_idle()
    cloud.forget_rows()
    cloud.inbox.append(Message(notification(job)))

    cloud.run_until_idle()
    assert cloud.reconcile()["finalized"] == (job.job_id,)

    assert list(cloud.executions.records) == [job.execution_name]
    assert status(cloud, job) == JobStatus.SUCCEEDED


def test_the_dlq_message_alone_is_enough_when_the_job_table_is_lost(cloud: Cloud) -> None:
    cloud.embedder.is_down = True
    job = cloud.upload()
    cloud.run_until_idle()
    cloud.forget_rows()
    cloud.embedder.is_down = False

    cloud.redrive_all()
    cloud.run_until_idle()

    assert status(cloud, job) == JobStatus.SUCCEEDED
    assert cloud.services.container_starts[job.job_id] == 1


@pytest.mark.fault(
    "B12", by="100 messages at once", so="none is lost; the slots are never exceeded"
)
@pytest.mark.soak
def test_a_burst_loses_nothing_and_never_exceeds_the_slots(cloud: Cloud) -> None:
    jobs = [cloud.upload(f"{number}.mp4") for number in range(100)]

    cloud.run_until_idle()

    assert {status(cloud, job) for job in jobs} == {JobStatus.SUCCEEDED}
    assert cloud.services.peak_containers == 1
    assert len(cloud.executions.records) == 100


@pytest.mark.fault("B13", by="SendMessage to the DLQ fails", so="it is sent later, once")
@pytest.mark.parametrize("until_the_reconciler_comes", [False, True])
def test_a_dlq_message_that_could_not_be_sent_is_sent_later(
    cloud: Cloud, *, until_the_reconciler_comes: bool
) -> None:
    who = "*" if until_the_reconciler_comes else "StepFunctions"
    cloud.faults.plan = [Fault(f"{who} SendMessage *dead", "refuse", times=99)]
    job = cloud.upload("bad.mp4", b"no video")
    cloud.run_until_idle()
    assert status(cloud, job) == JobStatus.FAILED
    assert len(cloud.dlq_messages()) == (0 if until_the_reconciler_comes else 1)

    cloud.faults.plan = []
    cloud.reconcile()
    cloud.reconcile()

    [dlq_message] = cloud.dlq_messages()
    assert json.loads(dlq_message)["failure"]["error"] == "NotAVideoError"
