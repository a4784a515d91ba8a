"""What counts for the cost of a day: jobs that ended on it, and those that have started."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from builders import a_job
from lifestream.domain.day_cost import DayCost
from lifestream.domain.estimates import estimate
from lifestream.domain.job import JobStatus
from lifestream.domain.job_record import EVENT_PUBLISHED, JobRecord
from unit.test_estimates import RATES, a_cost

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
MIDNIGHT = NOW.replace(hour=0)
HOUR = estimate(3600, RATES).total


def a_row(status: JobStatus, **changes: object) -> JobRecord:
    job = a_job()
    facts: dict[str, object] = {
        "job_id": job.job_id,
        "bucket": job.bucket,
        "key": job.key,
        "status": status,
        "attempt": 1,
        "current_step": None if status == JobStatus.QUEUED else "ExtractAudio",
        "submitted_at": NOW,
        "updated_at": NOW,
        "job": job,
    }
    return JobRecord.model_validate(facts | changes)


def dollars(*records: JobRecord) -> float:
    return DayCost(records, NOW, RATES).dollars


def test_a_day_begins_at_midnight_in_utc() -> None:
    cost = a_cost()
    today, before = MIDNIGHT, MIDNIGHT - timedelta(microseconds=1)

    assert dollars(a_row(JobStatus.FAILED, cost=cost, updated_at=today)) == cost.total
    assert dollars(a_row(JobStatus.FAILED, cost=cost, updated_at=before)) == 0


def test_a_running_job_counts_with_its_estimate() -> None:
    running = a_row(JobStatus.TRANSCRIBING, duration_seconds=7200)

    assert dollars(running) == pytest.approx(estimate(7200, RATES).total)
    assert dollars(a_row(JobStatus.INSPECTING)) == pytest.approx(HOUR)


def test_a_running_job_counts_on_each_day_on_which_it_runs() -> None:
    yesterday = NOW - timedelta(days=1)

    assert dollars(a_row(JobStatus.WAITING_FOR_GPU, updated_at=yesterday)) == pytest.approx(HOUR)


def test_a_job_in_the_queue_counts_once_it_is_admitted() -> None:
    assert dollars(a_row(JobStatus.QUEUED)) == 0
    assert dollars(a_row(JobStatus.QUEUED, admitted_at=NOW)) == pytest.approx(HOUR)


def test_a_job_that_was_cancelled_in_the_queue_costs_nothing() -> None:
    assert dollars(a_row(JobStatus.CANCELLED, current_step=None)) == 0


def test_an_ended_job_counts_with_its_estimate_until_its_cost_is_recorded() -> None:
    assert dollars(a_row(JobStatus.SUCCEEDED, duration_seconds=3600)) == pytest.approx(HOUR)


def test_a_restored_job_costs_nothing() -> None:
    """Its cost went with the job table, and the day on which the job ended is not known."""
    restored = {"duration_seconds": 3600, EVENT_PUBLISHED: True}

    assert dollars(a_row(JobStatus.SUCCEEDED, **restored)) == 0


def test_the_latest_jobs_show_what_a_job_costs() -> None:
    done = a_row(JobStatus.SUCCEEDED, duration_seconds=600, cost=a_cost(100))
    day = DayCost([done, a_row(JobStatus.INSPECTING)], NOW, RATES)

    assert day.typical_dollars == pytest.approx(done.cost.total - 0.1)  # type: ignore[union-attr]  # without the start of the host
    assert day.dollars == pytest.approx(2 * day.typical_dollars + 0.1)
