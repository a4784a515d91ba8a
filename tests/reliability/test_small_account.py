"""B and D: a new account, whose Lambda concurrency is 10 and whose hosts come late or never."""

from __future__ import annotations

import json
import math

import pytest

from invariants import amplification
from lifestream.domain.job import Failure, JobStatus, ProcessingJob
from simulation.account import PROVISIONING_SECONDS
from simulation.cloud import Cloud
from simulation.faults import Fault
from simulation.uploads import Message, notification

DAY = 86_400.0
STEP = "TranscribeSpeech"


def statuses(cloud: Cloud) -> set[JobStatus]:
    return {cloud.service.job(job.job_id).status for job in cloud.uploads}


def burst(cloud: Cloud, *, uploads: int, copies: int) -> list[ProcessingJob]:
    """Upload videos, each with this number of notifications."""
    jobs = [cloud.upload(f"{number}.mp4") for number in range(uploads)]
    cloud.inbox += [Message(notification(job)) for job in jobs for _ in range(copies - 1)]
    return jobs


@pytest.mark.fault(
    "B12",
    by="Lambda concurrency of 10, each event three times",
    so="none is lost; one execution each",
)
def test_a_burst_in_a_small_account_loses_nothing(cloud: Cloud) -> None:
    cloud.account.concurrency = 10
    jobs = burst(cloud, uploads=12, copies=3)

    cloud.run_until_idle()

    assert statuses(cloud) == {JobStatus.SUCCEEDED}
    assert amplification(cloud.executions.records, jobs) == 1.0
    assert cloud.dlq_messages() == []
    assert cloud.account.peak["ExtractAudio"] <= 5 < cloud.account.concurrency


def test_throttled_steps_are_retried_for_hours(cloud: Cloud) -> None:
    """Other functions use up the account's concurrency for two hours."""
    cloud.account.concurrency = 10
    job = cloud.upload()
    cloud.deliver([cloud.inbox.pop()])
    cloud.run_until("InspectVideo UpdateItem")
    cloud.account.running += 100
    cloud.scheduler.run(until=lambda: cloud.scheduler.time > 2 * 3_600)
    cloud.account.running -= 100

    cloud.run_until_idle()

    assert cloud.service.job(job.job_id).status == JobStatus.SUCCEEDED
    assert cloud.account.throttled > 20


@pytest.mark.fault(
    "D3", by="no host for three hours", so="the execution waits; it does not count as a crash"
)
def test_the_execution_waits_for_a_late_host(cloud: Cloud) -> None:
    """Waiting for a host does not use up the two retries of a crash."""
    cloud.account.hosts_from = 3 * 3_600.0
    cloud.account.host_seconds = 280.0
    cloud.faults.plan = [Fault(f"{STEP} PutObject *", "kill before", times=2)]
    job = cloud.upload()

    cloud.run_until_idle()

    assert cloud.service.job(job.job_id).status == JobStatus.SUCCEEDED
    assert cloud.services.host_waits[job.job_id] >= 3
    assert cloud.services.container_starts[job.job_id] == 3


@pytest.mark.fault(
    "D3", by="no host at all", so="retried for a day, then an error with ECS's reason"
)
def test_a_missing_host_is_retried_for_a_day_and_is_not_a_crash(cloud: Cloud) -> None:
    cloud.account.hosts_from = math.inf
    job = cloud.upload()

    cloud.run_until_idle()

    failure = failure_of(cloud, job)
    assert failure.error == "NoHostError"
    assert failure.cause == "no GPU host was available: RESOURCE:GPU"
    assert "make preflight" in failure.advice
    assert cloud.services.container_starts[job.job_id] == 0
    assert cloud.services.host_waits[job.job_id] * PROVISIONING_SECONDS > 0.8 * DAY

    cloud.account.hosts_from = 0
    cloud.redrive_all()
    cloud.run_until_idle()

    assert cloud.service.job(job.job_id).status == JobStatus.SUCCEEDED


@pytest.mark.parametrize(
    ("polls", "days"), [(20, 20 / 576), pytest.param(1_728, 3, marks=pytest.mark.soak)]
)
def test_a_slot_that_never_becomes_free_is_given_up(cloud: Cloud, polls: int, days: float) -> None:
    """This happens after the synthesized number of polls (1,728), or earlier here."""
    definition = json.dumps(cloud.executions.definition)
    assert definition.count("$gpu_slot_polls >= 1728") == 1
    shorter = definition.replace("$gpu_slot_polls >= 1728", f"$gpu_slot_polls >= {polls}")
    cloud.executions.definition = json.loads(shorter)
    cloud.take_all_slots()
    job = cloud.upload()

    cloud.run_until_idle()

    failure = failure_of(cloud, job)
    assert (failure.step, failure.error) == ("WaitForGpuSlot", "NoSlotError")
    assert failure.cause == "no GPU slot was free for 3 days"
    assert cloud.scheduler.time / DAY == pytest.approx(days, rel=0.3)
    [record] = cloud.executions.records.values()
    assert len(record.events) < 25_000
    assert [event for event in record.events if event["type"] == "TaskFailed"] == []

    cloud.free_all_slots()
    cloud.redrive_all()
    cloud.run_until_idle()


def failure_of(cloud: Cloud, job: ProcessingJob) -> Failure:
    """Return the failure in the only DLQ message of a job that has ended FAILED."""
    assert cloud.service.job(job.job_id).status == JobStatus.FAILED
    [message] = cloud.dlq_messages()
    return Failure.model_validate(json.loads(message)["failure"])
