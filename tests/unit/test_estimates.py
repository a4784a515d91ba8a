"""Estimates follow what the latest jobs have cost or, without any, the assumptions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import SUBMITTED
from lifestream.domain.estimates import Sample, estimate, fitted, samples, start_dollars
from lifestream.domain.job import JobStatus
from lifestream.domain.job_cost import JobCost, job_cost
from lifestream.domain.prices import Rates
from lifestream.rest.jobs import Job
from unit.test_display import a_record

RATES = Rates(
    host_hour=0.9, idle_seconds=300, speed=20, whisper_model="turbo", openai_model="gpt-4o-mini"
)


def a_cost(container_seconds: float = 100, *, models: float = 0.0, rates: Rates = RATES) -> JobCost:
    parts = {"container": container_seconds * rates.host_hour / 3600, "host_start": 0.1}
    others = {"functions": 0.001, "transitions": 0.0005, "models": models}
    return job_cost(parts | others, container_seconds, rates)


def a_finished_job(number: int = 0, **changes: object) -> Job:
    facts = {"duration_seconds": 600.0, "cost": a_cost(), "status": JobStatus.SUCCEEDED}
    submitted = SUBMITTED + timedelta(minutes=number)
    return a_record().model_copy(update=facts | {"submitted_at": submitted} | changes)


def test_without_jobs_an_hour_costs_what_the_assumptions_say() -> None:
    hour = estimate(3600, RATES)

    assert hour.container == pytest.approx(0.9 / 20)
    assert hour.models == pytest.approx(0.00345)
    assert hour.host_start == 0
    assert 0.045 < hour.total < 0.055


def test_the_start_of_a_host_is_extra_and_fargate_has_none() -> None:
    assert start_dollars(RATES) == pytest.approx(0.9 * 10 / 60)
    assert start_dollars(RATES.model_copy(update={"idle_seconds": 0})) == 0


def test_a_model_without_a_known_price_is_left_out() -> None:
    own = RATES.model_copy(update={"openai_model": "our-own"})

    assert estimate(3600, own).models == pytest.approx(0.0003)


def test_past_jobs_show_speed_and_fixed_costs() -> None:
    """Each took 10 seconds, and a tenth of the recording's duration."""
    past = [
        Sample(duration, a_cost(10 + duration / 10, models=duration / 1e5))
        for duration in (60, 600, 1800, 3600)
    ]

    found = estimate(7200, RATES, past)

    assert found.container_seconds == pytest.approx(730)
    assert found.container == pytest.approx(730 * 0.9 / 3600, abs=1e-6)
    assert found.models == pytest.approx(0.072)
    assert (found.functions, found.host_start) == (0.001, 0)


def test_one_slow_job_does_not_change_the_estimate_much() -> None:
    durations = (300, 600, 900, 1200, 1800, 2400)
    past = [Sample(duration, a_cost(duration / 10)) for duration in durations]
    past[2] = Sample(900, a_cost(5_000))

    assert estimate(3600, RATES, past).container_seconds == pytest.approx(360, rel=0.1)


def test_a_single_job_scales_with_the_duration() -> None:
    assert estimate(1200, RATES, [Sample(600, a_cost(60))]).container_seconds == 120


@given(
    st.lists(st.tuples(st.floats(0.1, 1e5), st.floats(0, 1e6)), min_size=1, max_size=8),
    st.floats(0.1, 1e5),
)
def test_no_estimate_is_negative(points: list[tuple[float, float]], at: float) -> None:
    assert fitted(points, at) >= 0


def test_only_first_attempts_that_succeeded_with_this_model_count() -> None:
    good = a_finished_job(2)
    jobs = [
        a_finished_job(9, status=JobStatus.FAILED),
        a_finished_job(8, attempt=2),
        a_finished_job(7, cost=None),
        a_finished_job(6, duration_seconds=None),
        a_finished_job(5, cost=a_cost(0)),
        a_finished_job(4, cost=a_cost(rates=RATES.model_copy(update={"whisper_model": "tiny"}))),
        good,
    ]

    assert samples(jobs, "turbo") == [Sample(600, good.cost or a_cost())]
    assert len(samples(jobs, None)) == 2


def test_the_latest_jobs_count() -> None:
    jobs = [a_finished_job(number, cost=a_cost(1 + number)) for number in range(30)]

    found = samples(jobs, "turbo")

    assert [sample.cost.container_seconds for sample in found] == list(range(30, 10, -1))
