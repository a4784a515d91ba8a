"""ECS's refusals and stopped tasks, as AWS documents them: the job waits, starts again, or ends
with one dead-letter message that keeps the reason."""

from __future__ import annotations

from typing import Any

from aws_documents import as_cause, document
from cdk_app.local.states_errors import StateError
from infrastructure.failing import End, ends, error_of
from lifestream.domain.job import JobStatus
from lifestream.errors import all_errors
from lifestream.step_names import Step

DOCUMENT = document("ecs_run_task_sync")
STOPPED: list[dict[str, Any]] = DOCUMENT["failures"]
REFUSED: list[dict[str, Any]] = DOCUMENT["refusals"]
RUN_TASK = "ecs:runTask"
LASTING = [example for example in STOPPED if example["kind"] != "no host"]
LONGEST_CAUSE = 32_768


def fail_always(*errors: StateError) -> list[End]:
    return ends(RUN_TASK, errors=errors)


def assert_recorded(end: End, example: dict[str, Any]) -> None:
    """As one message that names the step and an error of AWS or of ours."""
    ours = {error.__name__ for error in all_errors()}
    assert end.status == JobStatus.FAILED
    assert end.failure["step"] == Step.TRANSCRIBE_SPEECH
    assert end.failure["error"] in ours | {example["error"]}


def test_a_container_or_host_that_is_lost_once_costs_nobody_a_job() -> None:
    lost = [example for example in STOPPED if example["kind"] in ("crashed", "host lost")]

    found = ends(RUN_TASK, errors=map(error_of, lost), times=1)

    assert {end.status for end in found} == {JobStatus.SUCCEEDED}
    assert [message for end in found for message in end.messages] == []


def test_a_task_that_stops_for_good_leaves_the_reason() -> None:
    found = fail_always(*map(error_of, LASTING))

    for end, example in zip(found, LASTING, strict=True):
        assert_recorded(end, example)
        assert example["cause"]["StoppedReason"] in end.failure["cause"]


def test_a_refusal_in_plain_text_is_kept_as_it_is() -> None:
    refused = [example for example in REFUSED if example["kind"] == "cannot start"]

    for end, example in zip(fail_always(*map(error_of, refused)), refused, strict=True):
        assert_recorded(end, example)
        assert end.failure["cause"] == example["cause"]


def test_a_cause_that_is_no_whole_json_is_kept_as_far_as_it_goes() -> None:
    """AWS documents no cut at 32,768 characters, and none is excluded."""
    example = LASTING[0]
    text = as_cause(error_of(example, size=2 * LONGEST_CAUSE).cause) or ""

    [end] = fail_always(StateError(example["error"], text[:LONGEST_CAUSE]))

    assert_recorded(end, example)
    assert end.failure["cause"]
