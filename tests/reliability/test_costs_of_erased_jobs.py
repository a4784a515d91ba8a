"""The cost of a job is erased with its row. A job that is erased while it waits never starts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conftest import JOBS
from lifestream import resources
from lifestream.aws import clients
from lifestream.domain.job import JobStatus
from reliability.test_caps import reach_the_cap_of_the_day, status
from simulation.cloud import Cloud
from simulation.erasing import ask, erase, traces
from simulation.world import simulated


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """Yield a cloud whose uploads may be erased: what is left is not checked after the test."""
    with simulated(seed=7) as made:
        yield made


def test_the_cost_goes_with_the_row(cloud: Cloud) -> None:
    """Nor does it come back when the end of the job is reported once more."""
    job = cloud.upload()
    cloud.run_until_idle()
    record = cloud.service.job(job.job_id)

    ask(cloud, job)
    erase(cloud)
    resources.finalizer().publish_end(record)

    row = clients.table(JOBS).get_item(Key={"job_id": job.job_id})["Item"]
    assert record.cost is not None
    assert row.keys() == {"job_id", "erased_at"}


def test_an_erased_job_no_longer_counts_for_the_cap_of_the_day(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(cloud, reach_the_cap_of_the_day(cloud, monkeypatch))
    erase(cloud)

    second = cloud.upload("second.mp4")
    cloud.run_until_idle()

    assert status(cloud, second) == JobStatus.SUCCEEDED


def test_a_job_that_is_erased_while_it_waits_never_starts(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach_the_cap_of_the_day(cloud, monkeypatch)
    second = cloud.upload("second.mp4")
    cloud.run_until_idle()
    assert status(cloud, second) == JobStatus.QUEUED

    ask(cloud, second)
    erase(cloud)
    cloud.end_delays()
    cloud.run_until_idle()
    cloud.reconcile()
    cloud.run_until_idle()

    assert traces(cloud, [second.job_id, second.file_name]) == []
    assert len(cloud.executions.records) == 1
