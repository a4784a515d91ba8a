"""A client waits for the next change of a job, and for no longer than it asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from api_requests import request
from builders import a_job
from conftest import JOBS
from lifestream.api import events
from lifestream.aws import clients
from lifestream.aws.job_table import JobTable
from lifestream.domain.job import JobStatus
from lifestream.step_names import Step

JOB = a_job()


class Clock:
    """Time passes only while somebody sleeps. `then` is done in the first sleep."""

    def __init__(self, then: Callable[[], Any]) -> None:
        self.seconds = 0.0
        self._then = then

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        if not self.seconds:
            self._then()
        self.seconds += seconds


@pytest.fixture
def clock(aws: object, monkeypatch: pytest.MonkeyPatch) -> Clock:  # noqa: ARG001  # the table
    jobs = JobTable(clients.table(JOBS))
    jobs.accept(JOB)
    clock = Clock(lambda: jobs.enter(JOB, Step.INSPECT_VIDEO, JobStatus.INSPECTING))
    monkeypatch.setattr(events, "time", clock)
    return clock


def wait(**query: str) -> Any:
    return request("GET", f"/v1/jobs/{JOB.job_id}/events", query=query).json


def known() -> str:
    return str(request("GET", f"/v1/jobs/{JOB.job_id}").json["updated_at"])


def test_a_client_that_knows_nothing_does_not_wait(clock: Clock) -> None:
    change = wait()

    assert (change["is_changed"], change["job"]["status"]) == (True, "QUEUED")
    assert clock.seconds == 0


def test_a_change_is_reported_at_once(clock: Clock) -> None:
    change = wait(after=known())

    assert (change["is_changed"], change["job"]["status"]) == (True, "INSPECTING")
    assert clock.seconds == events.POLL_SECONDS


def test_without_a_change_the_wait_ends_in_time(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "_then", lambda: None)

    change = wait(after=known(), wait="3")

    assert (change["is_changed"], change["job"]["status"]) == (False, "QUEUED")
    assert clock.seconds == 3


def test_an_ended_job_does_not_change_any_more(clock: Clock) -> None:
    JobTable(clients.table(JOBS)).cancel(JOB)

    change = wait(after=known(), wait="20")

    assert (change["is_changed"], change["job"]["status"]) == (False, "CANCELLED")
    assert clock.seconds == 0


def test_nobody_waits_longer_than_the_gateway() -> None:
    assert request("GET", f"/v1/jobs/{JOB.job_id}/events", query={"wait": "21"}).status == 422
