"""The API says when each step of a job ran, from the history of the execution."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from api_requests import request
from lifestream.domain.job import ProcessingJob
from simulation.cloud import Cloud
from simulation.faults import Fault
from simulation.world import simulated


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with simulated(3) as made:
        yield made


def steps_of(job: ProcessingJob) -> dict[str, Any]:
    answer = request("GET", f"/v1/jobs/{job.job_id}/steps")
    assert answer.status == 200
    return {one["step"]: one for one in answer.json["steps"]}


def test_every_step_of_a_finished_job_has_its_times(cloud: Cloud) -> None:
    job = cloud.upload()
    cloud.run_until_idle()

    steps = steps_of(job)

    assert list(steps) == [
        "InspectVideo",
        "ExtractAudio",
        "TranscribeSpeech",
        "SummarizeTranscript",
        "IndexTranscript",
        "PublishResults",
    ]
    assert {one["state"] for one in steps.values()} == {"done"}
    times = [(_time(one["started_at"]), _time(one["ended_at"])) for one in steps.values()]
    assert all(start <= end for start, end in times)
    assert times[0][1] <= times[1][0]
    assert times[-2][1] <= times[-1][0]


def test_the_running_step_has_no_end(cloud: Cloud) -> None:
    job = cloud.upload()
    cloud.deliver([cloud.inbox.pop()])
    cloud.run_until("ExtractAudio")

    steps = steps_of(job)

    assert [one["state"] for one in steps.values()] == ["done", "running"]
    assert steps["ExtractAudio"]["ended_at"] is None


def test_a_step_that_failed_says_so_although_the_job_went_on(cloud: Cloud) -> None:
    cloud.faults.plan = [Fault("SummarizeTranscript PutObject *", "refuse", times=99)]
    job = cloud.upload()
    cloud.run_until_idle()

    steps = steps_of(job)

    assert steps["SummarizeTranscript"]["state"] == "failed"
    assert steps["SummarizeTranscript"]["ended_at"] is not None
    assert steps["PublishResults"]["state"] == "done"


def test_a_step_of_a_cancelled_job_was_stopped(cloud: Cloud) -> None:
    job = cloud.upload()
    cloud.deliver([cloud.inbox.pop()])
    cloud.run_until("ExtractAudio")
    request("POST", f"/v1/jobs/{job.job_id}/cancel")

    assert steps_of(job)["ExtractAudio"]["state"] == "stopped"


def test_the_steps_are_those_of_the_latest_attempt(cloud: Cloud) -> None:
    job = cloud.upload(body=b"")
    cloud.run_until_idle()
    cloud.redrive_all()
    cloud.run_until_idle()

    answer = request("GET", f"/v1/jobs/{job.job_id}/steps").json

    assert answer["attempt"] == 2
    assert [one["state"] for one in answer["steps"]] == ["failed"]


def test_a_job_whose_execution_is_unknown_has_no_steps(cloud: Cloud) -> None:
    job = cloud.upload()
    cloud.state.jobs.accept(job)

    assert steps_of(job) == {}
    assert request("GET", "/v1/jobs/nothing/steps").status == 404


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
