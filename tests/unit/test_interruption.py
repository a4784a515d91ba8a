"""After SIGTERM, every error in the container counts as the interruption."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from typing import NoReturn

import pytest
from transcribe_speech import main

from builders import a_job, an_inspected_job
from conftest import JOBS, Aws
from lifestream.aws import clients
from lifestream.aws.artifacts import ERROR_REPORT, ErrorReport, inspected_job
from lifestream.aws.job_table import JobTable
from lifestream.resources import artifacts
from lifestream.step_names import Step

INTERRUPTED = "ContainerInterruptedError"


@pytest.fixture(autouse=True)
def _handler_of_sigterm() -> Iterator[None]:
    """Install the signal handler, as in the container's process."""
    before = signal.signal(signal.SIGTERM, main.raise_interruption)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def job_id(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> str:  # noqa: ARG001
    """Return the id of a job that is ready for the container."""
    job = an_inspected_job()
    JobTable(clients.table(JOBS)).accept(a_job())
    artifacts().save(job.job_id, Step.INSPECT_VIDEO, inspected_job(job.attempt), job)
    monkeypatch.setenv("JOB_ID", job.job_id)
    monkeypatch.setenv("JOB_ATTEMPT", str(job.attempt))
    monkeypatch.setenv("DEADLINE_SECONDS", "600")
    return job.job_id


def sigterm() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def stop(*_: object) -> NoReturn:
    sigterm()
    raise AssertionError("SIGTERM stopped nothing")


def break_while_stopping(*_: object) -> NoReturn:
    """Fail like a library whose clean-up fails, or that wraps every exception in its own."""
    try:
        stop()
    except BaseException as error:
        raise RuntimeError("the engine broke") from error


def break_without_stopping(*_: object) -> NoReturn:
    """Fail like a library that swallows the exception and raises another one later."""
    with suppress(main.Interruption):
        sigterm()
    raise RuntimeError("the engine broke")


def error_of(job_id: str) -> str:
    return artifacts().load(job_id, Step.TRANSCRIBE_SPEECH, ERROR_REPORT, ErrorReport).error


@pytest.mark.parametrize("run_pipeline", [stop, break_while_stopping, break_without_stopping])
def test_every_error_after_sigterm_counts_as_the_interruption(
    job_id: str, monkeypatch: pytest.MonkeyPatch, run_pipeline: object
) -> None:
    monkeypatch.setattr(main, "run_pipeline", run_pipeline)

    code = main.main()

    assert (code, error_of(job_id)) == (128 + signal.SIGTERM, INTERRUPTED)


def test_sigterm_while_an_error_is_reported_is_the_interruption(
    job_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class EngineError(RuntimeError):
        """An error that receives SIGTERM while its message is written."""

        def __str__(self) -> str:
            sigterm()
            return "the engine broke"

    def fail(*_: object) -> NoReturn:
        raise EngineError

    monkeypatch.setattr(main, "run_pipeline", fail)

    code = main.main()

    assert (code, error_of(job_id)) == (128 + signal.SIGTERM, INTERRUPTED)


def test_an_engine_that_breaks_by_itself_is_named(
    job_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise RuntimeError("the engine broke")

    monkeypatch.setattr(main, "run_pipeline", fail)

    code = main.main()

    assert (code, error_of(job_id)) == (1, "SpeechEngineError")
