"""RecordFailure writes the real reason to the row and to a DLQ message that can be redriven."""

from __future__ import annotations

import json
from typing import Any

import pytest

from builders import a_job
from conftest import BUCKET, JOBS, Aws
from lifestream.aws import clients
from lifestream.aws.artifacts import ERROR_REPORT, ErrorReport
from lifestream.aws.job_table import JobTable
from lifestream.domain.causes import readable_cause
from lifestream.domain.job import JobStatus
from lifestream.domain.messages import parse_message
from lifestream.domain.step_payloads import DlqMessage
from lifestream.errors import advice_for
from lifestream.resources import artifacts
from lifestream.step_names import Step
from steps.record_failure import handler

LAMBDA_CAUSE = json.dumps({"errorMessage": "no audio", "errorType": "X", "stackTrace": ["secret"]})
MISSING = {"step": "IndexTranscript", "error": "TransientError", "cause": "busy"}


def record(**changes: Any) -> DlqMessage:
    failed = {
        "job": a_job().model_dump(mode="json"),
        "step": "InspectVideo",
        "error": "NoAudioError",
        "cause": LAMBDA_CAUSE,
        "execution_arn": "arn:execution",
        **changes,
    }
    return DlqMessage.model_validate(handler(failed, None))


@pytest.fixture(autouse=True)
def accepted(aws: Aws) -> JobTable:  # noqa: ARG001
    jobs = JobTable(clients.table(JOBS))
    jobs.accept(a_job())
    return jobs


def test_row_and_dlq_message_name_step_error_cause_and_advice(accepted: JobTable) -> None:
    dlq_message = record()

    row = accepted.find(a_job().job_id)
    assert row is not None
    assert row.failure == dlq_message.message.failure
    assert row.failure is not None
    assert row.status == dlq_message.status == JobStatus.FAILED
    assert (row.failure.step, row.failure.error) == ("InspectVideo", "NoAudioError")
    assert row.failure.cause == "no audio"
    assert row.failure.advice == advice_for("NoAudioError")
    assert a_job().job_id in row.failure.how_to_redrive


def test_the_dlq_message_alone_is_enough_to_run_the_job_again() -> None:
    [again] = parse_message(record().message.model_dump_json(), bucket=BUCKET).jobs

    assert (again.job_id, again.key, again.attempt) == (a_job().job_id, a_job().key, 2)


def test_missing_parts_make_the_job_partial(accepted: JobTable) -> None:
    dlq_message = record(missing=[MISSING])

    row = accepted.find(a_job().job_id)
    assert row is not None
    assert row.status == dlq_message.status == JobStatus.PARTIAL
    assert row.results_prefix == a_job().results_prefix


def test_the_container_writes_its_reason_to_a_file() -> None:
    report = ErrorReport(attempt=1, error="SpeechEngineError", message="out of memory")
    artifacts().save(a_job().job_id, Step.TRANSCRIBE_SPEECH, ERROR_REPORT, report)

    dlq_message = record(step="TranscribeSpeech", error="States.TaskFailed", cause="{}")

    assert (dlq_message.error, dlq_message.cause) == ("SpeechEngineError", "out of memory")


def test_a_reason_of_an_earlier_attempt_is_not_taken_for_this_ones() -> None:
    report = ErrorReport(attempt=7, error="SpeechEngineError", message="out of memory")
    artifacts().save(a_job().job_id, Step.TRANSCRIBE_SPEECH, ERROR_REPORT, report)

    dlq_message = record(
        step="TranscribeSpeech",
        error="States.TaskFailed",
        cause=json.dumps({"StoppedReason": "CannotPullContainerError"}),
    )

    assert (dlq_message.error, dlq_message.cause) == (
        "States.TaskFailed",
        "CannotPullContainerError",
    )


def test_a_missing_host_is_explained_in_words_with_the_reason_of_ecs() -> None:
    dlq_message = record(
        step="TranscribeSpeech",
        error="NoHostError",
        summary="no GPU host was available",
        cause=json.dumps({"StopCode": "TaskFailedToStart", "StoppedReason": "RESOURCE:GPU"}),
    )

    assert dlq_message.error == "NoHostError"
    assert dlq_message.cause == "no GPU host was available: RESOURCE:GPU"


@pytest.mark.parametrize(
    ("cause", "readable"),
    [("", ""), ("plain", "plain"), ("[1]", "[1]"), ("x" * 5_000, "x" * 1_000), ("{}", "{}")],
)
def test_any_cause_becomes_readable_and_short(cause: str, readable: str) -> None:
    assert readable_cause(cause) == readable


def test_the_cause_of_a_stopped_task_names_what_its_container_did() -> None:
    container = {"ExitCode": 137, "Reason": "OutOfMemoryError: Container killed"}
    task = {"StoppedReason": "Essential container in task exited", "Containers": [container]}

    assert readable_cause(json.dumps(task)) == (
        "Essential container in task exited (exit code 137): OutOfMemoryError: Container killed"
    )


def test_recording_twice_is_recording_once(accepted: JobTable) -> None:
    record()
    first = accepted.find(a_job().job_id)

    record(error="Other")

    assert accepted.find(a_job().job_id) == first
