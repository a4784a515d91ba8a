"""The container ends itself before Step Functions' time limit, which may not stop it."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest
from transcribe_speech import main

from builders import an_inspected_job
from conftest import Aws
from lifestream.aws.artifacts import ERROR_REPORT, ErrorReport, inspected_job
from lifestream.errors import advice_for
from lifestream.resources import artifacts
from lifestream.step_names import Step

JOB = an_inspected_job()


@pytest.fixture(autouse=True)
def _container(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # noqa: ARG001
    monkeypatch.setenv("JOB_ID", JOB.job_id)
    monkeypatch.setenv("JOB_ATTEMPT", str(JOB.attempt))
    monkeypatch.setenv("DEADLINE_SECONDS", "1")
    artifacts().save(JOB.job_id, Step.INSPECT_VIDEO, inspected_job(JOB.attempt), JOB)
    before = signal.getsignal(signal.SIGALRM)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def test_a_container_that_is_late_says_so_and_is_not_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(main, "enter_step", lambda *_: None)
    monkeypatch.setattr(main, "run_pipeline", lambda *_: time.sleep(60))

    assert main.main_before_the_deadline() == 1

    report = artifacts().load(JOB.job_id, Step.TRANSCRIBE_SPEECH, ERROR_REPORT, ErrorReport)
    assert (report.error, report.message) == ("DeadlineError", "not done after 1 seconds")
    assert "too long for this hardware" in advice_for(report.error)
    assert main.main() == 1  # at once: another start of the same attempt would be useless
