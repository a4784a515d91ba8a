"""Lambda's errors, as AWS documents them: retried if they are transient, recorded if they last."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from aws_documents import document
from infrastructure.failing import End, ends, error_of, retries, states_that_call
from lifestream.domain.job import JobStatus
from lifestream.step_names import Step

DOCUMENT = document("lambda_invoke_errors")
ERRORS: list[dict[str, Any]] = DOCUMENT["errors"]
PASSES = ("retry", "wait")
STATES = states_that_call("lambda")
every_state = pytest.mark.parametrize("state", STATES)
every_error = pytest.mark.parametrize("example", ERRORS, ids=lambda example: example["error"])


@every_state
@every_error
def test_transient_errors_are_retried_and_others_are_not(
    example: dict[str, Any], state: str
) -> None:
    attempts = retries(STATES[state], example["error"])

    if example["reaction"] in PASSES:
        assert attempts >= 4
    if example["reaction"] == "give up":
        assert attempts == 0


@every_state
def test_errors_that_aws_recommends_to_retry_are_retried(state: str) -> None:
    recommended = DOCUMENT["recommended_retry"]["errors"]

    assert [error for error in recommended if not retries(STATES[state], error)] == []


@every_state
def test_throttling_is_retried_for_longer_than_errors(state: str) -> None:
    """A burst of uploads throttles a new account, which can run only ten functions at once."""
    throttled = retries(STATES[state], "Lambda.TooManyRequestsException")

    assert throttled > 10 * retries(STATES[state], "Lambda.ServiceException")


@cache
def inspections() -> dict[str, End]:
    found = ends(Step.INSPECT_VIDEO, errors=map(error_of, ERRORS))
    return {example["error"]: end for example, end in zip(ERRORS, found, strict=True)}


@every_error
def test_a_lasting_error_ends_in_one_dlq_message_with_its_reason(
    example: dict[str, Any],
) -> None:
    end = inspections()[example["error"]]

    cause = example["cause"]
    text = cause["errorMessage"] if isinstance(cause, dict) else cause or ""
    assert end.status == JobStatus.FAILED
    assert (end.failure["step"], end.failure["error"]) == (Step.INSPECT_VIDEO, example["error"])
    assert end.failure["cause"] == text


@pytest.mark.parametrize("step", [Step.SUMMARIZE_TRANSCRIPT, Step.INDEX_TRANSCRIPT])
def test_an_error_in_a_branch_leaves_a_partial_result(step: Step) -> None:
    """The cause is JSON, plain text, or missing."""
    wanted = ("Runtime.ExitError", "Lambda.Unknown", "States.Timeout")
    examples = [example for example in ERRORS if example["error"] in wanted]

    found = ends(step, errors=map(error_of, examples))

    assert [end.status for end in found] == [JobStatus.PARTIAL] * 3
    assert {end.failure["error"] for end in found} == set(wanted)


def test_a_failure_that_even_record_failure_cannot_record_is_still_sent() -> None:
    """InspectVideo and RecordFailure are throttled permanently."""
    [throttled] = [error for error in ERRORS if error["reaction"] == "wait"]

    [end] = ends(Step.INSPECT_VIDEO, Step.RECORD_FAILURE, errors=[error_of(throttled)])

    assert end.failure["error"] == "Lambda.TooManyRequestsException"
