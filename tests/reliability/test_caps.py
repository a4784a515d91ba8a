"""Caps on what a job and a day may cost."""

from __future__ import annotations

import json

import pytest

from lifestream import settings
from lifestream.domain.job import JobStatus, ProcessingJob
from simulation.cloud import Cloud
from simulation.faults import Fault

NOTHING, PLENTY = "0.000001", "1000"


def status(cloud: Cloud, job: ProcessingJob) -> JobStatus:
    return cloud.service.job(job.job_id).status


def cap(monkeypatch: pytest.MonkeyPatch, name: str, dollars: str) -> None:
    monkeypatch.setenv(name, dollars)
    settings.reset()


def reach_the_cap_of_the_day(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> ProcessingJob:
    """Run a job that costs a little, because it is no video."""
    cap(monkeypatch, "MAX_DAY_DOLLARS", NOTHING)
    job = cloud.upload("first.mp4", b"no video")
    cloud.run_until_idle()
    return job


@pytest.mark.fault(
    "B14", by="the cap of the day is reached", so="messages stay in the queue; each starts once"
)
def test_jobs_wait_while_the_cap_of_the_day_is_reached(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are received more than the three times after which a message goes to the DLQ. Twice,
    the dispatcher is killed while it puts a message back."""
    cap(monkeypatch, "MAX_DAY_DOLLARS", NOTHING)
    first = cloud.upload("first.mp4")
    cloud.run_until_idle()
    assert status(cloud, first) == JobStatus.SUCCEEDED

    others = [cloud.upload(f"{number}.mp4") for number in range(2)]
    send = "Dispatcher SendMessage *"
    cloud.faults.plan = [Fault(send, "kill before"), Fault(send, "kill after", skip=1)]
    for _ in range(4):
        cloud.run_until_idle()
        cloud.end_delays()
    cloud.run_until_idle()
    assert len(cloud.faults.happened) == 2
    waiting = [cloud.service.job(job.job_id) for job in others]
    assert {record.status for record in waiting} == {JobStatus.QUEUED}
    assert all("the cap is $1e-06" in str(record.wait_reason) for record in waiting)
    assert list(cloud.executions.records) == [first.execution_name]
    assert cloud.dlq_messages() == []

    cap(monkeypatch, "MAX_DAY_DOLLARS", PLENTY)
    cloud.end_delays()
    cloud.run_until_idle()

    assert {status(cloud, job) for job in others} == {JobStatus.SUCCEEDED}
    assert len(cloud.executions.records) == 3


def test_jobs_that_have_started_count_before_they_have_ended(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cap(monkeypatch, "MAX_DAY_DOLLARS", NOTHING)
    first = cloud.upload("first.mp4")
    cloud.deliver([cloud.inbox.pop()])
    cloud.run_until("Dispatcher StartExecution")

    second = cloud.upload("second.mp4")
    cloud.run_until_idle()

    assert status(cloud, first) == JobStatus.SUCCEEDED
    assert status(cloud, second) == JobStatus.QUEUED
    cap(monkeypatch, "MAX_DAY_DOLLARS", PLENTY)
    cloud.end_delays()


def test_a_job_that_was_admitted_starts_although_its_own_estimate_reaches_the_cap(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dispatcher is killed after it has admitted the job."""
    cap(monkeypatch, "MAX_DAY_DOLLARS", NOTHING)
    cloud.faults.plan = [Fault("Dispatcher StartExecution *", "kill before")]
    job = cloud.upload()

    cloud.run_until_idle()

    assert len(cloud.faults.happened) == 1
    assert status(cloud, job) == JobStatus.SUCCEEDED


def test_the_reconciler_finds_the_job_of_a_message_that_is_lost(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach_the_cap_of_the_day(cloud, monkeypatch)
    second = cloud.upload("second.mp4")
    cloud.run_until_idle()
    cloud.aws.sqs.purge_queue(QueueUrl=cloud.aws.queue_url)

    cap(monkeypatch, "MAX_DAY_DOLLARS", PLENTY)
    assert cloud.reconcile()["delivered"] == (second.job_id,)
    cloud.run_until_idle()

    assert status(cloud, second) == JobStatus.SUCCEEDED


def test_a_waiting_job_can_be_cancelled(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    reach_the_cap_of_the_day(cloud, monkeypatch)
    second = cloud.upload("second.mp4")
    cloud.run_until_idle()

    cloud.service.cancel(second.job_id)
    cap(monkeypatch, "MAX_DAY_DOLLARS", PLENTY)
    cloud.end_delays()
    cloud.run_until_idle()
    cloud.reconcile()

    assert status(cloud, second) == JobStatus.CANCELLED
    assert len(cloud.executions.records) == 1


def test_a_job_beyond_its_cap_fails_before_the_container_and_runs_once_the_cap_is_raised(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cap(monkeypatch, "MAX_JOB_DOLLARS", NOTHING)
    job = cloud.upload()
    cloud.run_until_idle()

    [dlq_message] = cloud.dlq_messages()
    failure = json.loads(dlq_message)["failure"]
    assert (failure["step"], failure["error"]) == ("InspectVideo", "JobCostCapError")
    assert "the cap per job is $1e-06" in failure["cause"]
    assert "max_job_dollars" in failure["advice"]
    assert cloud.services.container_starts.total() == 0

    cap(monkeypatch, "MAX_JOB_DOLLARS", PLENTY)
    cloud.redrive_all()
    cloud.run_until_idle()

    assert status(cloud, job) == JobStatus.SUCCEEDED
