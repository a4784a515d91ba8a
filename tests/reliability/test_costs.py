"""The cost of a job is recorded when its last execution has ended."""

from __future__ import annotations

import pytest

from lifestream import resources
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.job_cost import JobCost
from lifestream.domain.metrics import Metric
from lifestream.domain.prices import STATE_TRANSITION, fargate_hour
from lifestream.domain.summary import Usage
from simulation.cloud import Cloud
from simulation.services import CONTAINER_SECONDS

CONTAINER_DOLLARS = CONTAINER_SECONDS * fargate_hour() / 3600


def cost(cloud: Cloud, job: ProcessingJob) -> JobCost:
    found = cloud.service.job(job.job_id).cost
    assert found is not None
    return found


def test_an_ended_job_shows_what_its_execution_cost(cloud: Cloud) -> None:
    job = cloud.upload()
    cloud.run_until_idle()

    found = cost(cloud, job)

    assert found.container == pytest.approx(CONTAINER_DOLLARS, rel=0.02)
    assert found.transitions > 12 * STATE_TRANSITION
    assert found.total >= found.container + found.transitions
    duration = cloud.service.job(job.job_id).duration_seconds
    assert duration
    assert duration > 0


def test_the_cost_is_the_same_and_measured_once_however_often_the_end_is_reported(
    cloud: Cloud,
) -> None:
    cloud.loses_events = True
    job = cloud.upload()
    cloud.run_until_idle()
    assert cloud.service.job(job.job_id).cost is None
    cloud.reconcile()
    first = cost(cloud, job)

    record = cloud.service.job(job.job_id)
    resources.finalizer().publish_end(record)

    assert cost(cloud, job) == first
    assert cloud.metrics.printed(Metric.JOB_DOLLARS) == [pytest.approx(first.total)]


def test_a_redrive_adds_its_cost_and_pays_no_container_again(cloud: Cloud) -> None:
    cloud.embedder.is_down = True
    job = cloud.upload()
    cloud.run_until_idle()
    first = cost(cloud, job)

    cloud.embedder.is_down = False
    cloud.redrive_all()
    cloud.run_until_idle()

    assert cloud.service.job(job.job_id).status == JobStatus.SUCCEEDED
    both = cost(cloud, job)
    assert both.container == first.container
    assert sum(cloud.metrics.printed(Metric.JOB_DOLLARS)) == pytest.approx(both.total)
    assert both.transitions > first.transitions


def test_a_summary_that_is_kept_is_paid_once(cloud: Cloud) -> None:
    cloud.summarizer.usage = Usage(calls=1, input_tokens=10, output_tokens=5, dollars=0.25)
    cloud.embedder.is_down = True
    job = cloud.upload()
    cloud.run_until_idle()
    cloud.embedder.is_down = False
    cloud.redrive_all()
    cloud.run_until_idle()

    assert cost(cloud, job).models == 0.25


def test_a_job_that_ends_before_the_container_pays_none(cloud: Cloud) -> None:
    job = cloud.upload("bad.mp4", b"no video")
    cloud.run_until_idle()

    assert cost(cloud, job).container == 0
    assert cost(cloud, job).transitions > 0
