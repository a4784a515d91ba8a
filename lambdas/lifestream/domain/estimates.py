"""Estimate what a recording will cost: from the latest jobs or, without any, from assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import combinations
from statistics import median
from typing import NamedTuple, Protocol

from lifestream.domain.job import JobStatus
from lifestream.domain.job_cost import JobCost, job_cost
from lifestream.domain.prices import (
    LAMBDA_GB_SECOND,
    SECONDS_PER_HOUR,
    STATE_TRANSITION,
    Rates,
    model_dollars,
)

SUMMARY_TOKENS_PER_HOUR = (15_000, 1_500)
"""Input and output tokens for an hour of speech."""
EMBEDDING_TOKENS_PER_HOUR = (15_000, 0)
EMBEDDING_MODEL = "text-embedding-3-small"
LAMBDA_GB_SECONDS_PER_HOUR = 90.0
STATE_TRANSITIONS = 25
HOST_START_SECONDS = 300
LATEST_JOBS = 20
LONGEST_RELATED = 0.8
"""Two durations say how the cost grows if the shorter one is at most this share of the longer."""


class FinishedJob(Protocol):
    """A job that has ended, as its row or the API shows it."""

    @property
    def status(self) -> JobStatus: ...
    @property
    def attempt(self) -> int: ...
    @property
    def duration_seconds(self) -> float | None: ...
    @property
    def cost(self) -> JobCost | None: ...
    @property
    def submitted_at(self) -> datetime: ...


class Sample(NamedTuple):
    """What one job has shown."""

    duration_seconds: float
    cost: JobCost


def samples(jobs: Iterable[FinishedJob], whisper_model: str | None) -> list[Sample]:
    """Return what the latest jobs show about the cost of another one with this Whisper model.

    Jobs that were redriven, or had their transcript already, show nothing.
    """
    newest = sorted(jobs, key=lambda job: job.submitted_at, reverse=True)
    found = [
        Sample(job.duration_seconds, job.cost)
        for job in newest
        if job.status == JobStatus.SUCCEEDED
        and job.attempt == 1
        and job.duration_seconds
        and job.cost
        and job.cost.container_seconds
        and whisper_model in (None, job.cost.whisper_model)
    ]
    return found[:LATEST_JOBS]


def estimate(duration_seconds: float, rates: Rates, past: Sequence[Sample] = ()) -> JobCost:
    """Return what a recording will cost on a host that is running already."""
    if not past:
        return _assumed(duration_seconds, rates)

    def learned(name: str) -> float:
        points = [(one.duration_seconds, float(getattr(one.cost, name))) for one in past]
        return fitted(points, duration_seconds)

    seconds = learned("container_seconds")
    parts = {name: learned(name) for name in ("functions", "transitions", "models")}
    return job_cost(_with_host(parts, seconds, rates), seconds, rates)


def start_dollars(rates: Rates) -> float:
    """Return what starting a host costs, with its idle time; 0 if AWS bills no host."""
    seconds = HOST_START_SECONDS + rates.idle_seconds if rates.idle_seconds else 0.0
    return rates.host_dollars(seconds)


def fitted(points: Sequence[tuple[float, float]], at: float) -> float:
    """Return the value at `at` of the line that fits the points best, none of it below zero.

    The line is that of Theil and Sen, which ignores outliers: the median of the slopes between all
    pairs of points. If all durations are about the same, the value grows in proportion.
    https://en.wikipedia.org/wiki/Theil%E2%80%93Sen_estimator
    """
    slopes = [
        (end[1] - start[1]) / (end[0] - start[0])
        for start, end in combinations(sorted(points), 2)
        if start[0] <= LONGEST_RELATED * end[0]
    ]
    if not slopes:
        return at * median(value / duration for duration, value in points)
    slope = max(median(slopes), 0.0)
    offset = median(value - slope * duration for duration, value in points)
    return max(offset, 0.0) + slope * at


def _assumed(duration_seconds: float, rates: Rates) -> JobCost:
    hours, seconds = duration_seconds / SECONDS_PER_HOUR, duration_seconds / rates.speed
    hourly = {
        rates.openai_model: SUMMARY_TOKENS_PER_HOUR,
        EMBEDDING_MODEL: EMBEDDING_TOKENS_PER_HOUR,
    }
    parts = {
        "functions": hours * LAMBDA_GB_SECONDS_PER_HOUR * LAMBDA_GB_SECOND,
        "transitions": STATE_TRANSITIONS * STATE_TRANSITION,
        "models": hours * model_dollars(hourly),
    }
    return job_cost(_with_host(parts, seconds, rates), seconds, rates)


def _with_host(parts: dict[str, float], seconds: float, rates: Rates) -> dict[str, float]:
    return parts | {"container": rates.host_dollars(seconds), "host_start": 0.0}
