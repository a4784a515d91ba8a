"""The end of every job is published."""

from __future__ import annotations

from lifestream.domain.job import JobStatus
from simulation.cloud import Cloud
from simulation.faults import Fault


def test_each_event_contains_status_results_prefix_and_failure(cloud: Cloud) -> None:
    good, bad = cloud.upload(), cloud.upload("notes.mp4", b"no video at all")
    cancelled = cloud.upload("cancelled.mp4")
    cloud.deliver(cloud.inbox)
    cloud.inbox = []
    cloud.run_until("ExtractAudio")
    cloud.service.cancel(cancelled.job_id)

    cloud.run_until_idle()

    events = {one.job_id: one for one in cloud.events}
    assert events[good.job_id].status == JobStatus.SUCCEEDED
    assert events[good.job_id].results_prefix == good.results_prefix
    assert events[bad.job_id].status == JobStatus.FAILED
    assert events[cancelled.job_id].status == JobStatus.CANCELLED
    failure = events[bad.job_id].failure
    assert failure is not None
    assert failure.error == "NotAVideoError"
    cloud.reconcile()
    assert {one.event_id for one in cloud.events} == {f"{job_id}-1" for job_id in events}


def test_a_redriven_job_has_another_event(cloud: Cloud) -> None:
    cloud.summarizer.is_down = True
    job = cloud.upload()
    cloud.run_until_idle()
    cloud.summarizer.is_down = False
    cloud.redrive_all()

    cloud.run_until_idle()

    ends = dict.fromkeys((one.event_id, one.status) for one in cloud.events)
    assert list(ends) == [
        (f"{job.job_id}-1", JobStatus.PARTIAL),
        (f"{job.job_id}-2", JobStatus.SUCCEEDED),
    ]


def test_the_reconciler_publishes_a_missing_event(cloud: Cloud) -> None:
    cloud.loses_events = True
    job = cloud.upload()
    cloud.run_until_idle()
    assert cloud.events == []

    for _ in range(2):
        cloud.reconcile()

    assert [(one.job_id, one.status) for one in cloud.events] == [(job.job_id, JobStatus.SUCCEEDED)]


def test_an_event_that_is_published_twice_has_the_same_id(cloud: Cloud) -> None:
    cloud.faults.plan = [Fault("ExecutionEnded PutEvents *", "kill after")]
    job = cloud.upload()

    cloud.run_until_idle()
    cloud.reconcile()

    assert {one.event_id for one in cloud.events} == {f"{job.job_id}-1"}
    assert len(cloud.events) >= 2
    cloud.check_events()


def test_a_busy_bus_gets_the_event_later(cloud: Cloud) -> None:
    cloud.faults.plan = [Fault("ExecutionEnded PutEvents *", "throttle", times=6)]
    cloud.upload()

    cloud.run_until_idle()
    cloud.reconcile()

    cloud.check_events()
