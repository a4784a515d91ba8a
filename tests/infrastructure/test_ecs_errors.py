"""ECS's refusals and stopped tasks, as AWS documents them.

The job waits, restarts its container, or ends with one DLQ message that contains the reason.
"""

from __future__ import annotations

from typing import Any

import pytest

from aws_documents import as_cause, document
from cdk_app.local.asl.errors import StateError
from cdk_app.local.asl.executor import Execution
from infrastructure.failing import ends, error_of
from infrastructure.test_workflow import JOB, Services
from lifestream.domain.causes import readable_cause
from lifestream.domain.job import JobStatus
from lifestream.errors import all_errors
from lifestream.step_names import Step
from simulation.executions import snapshot

DOCUMENT = document("ecs_run_task_sync")
STOPPED: list[dict[str, Any]] = DOCUMENT["failures"]
REFUSED: list[dict[str, Any]] = DOCUMENT["refusals"]
REASONS: list[dict[str, Any]] = document("ecs_stop_codes")["stopped"]
RUN_TASK = "ecs:runTask"
STARTS = {
    "no host": range(7, 1_000),
    "host lost": range(2, 4),
    "crashed": range(2, 4),
    "cannot start": range(1, 4),
    "stopped": range(1, 4),
}
"""Waiting for a host costs nothing. Any other failure is tried at most three times."""
LONGEST_CAUSE = 32_768


def with_reason(reason: dict[str, Any]) -> dict[str, Any]:
    """Return a stopped task as Step Functions reports it, with a reason that ECS documents."""
    task: dict[str, Any] = STOPPED[0]["cause"]
    stopped = {"StopCode": reason["stop_code"], "StoppedReason": reason["stopped_reason"]}
    [container] = task["Containers"]
    ended = {"ExitCode": reason.get("exit_code"), "Reason": reason.get("container_reason")}
    changes = stopped | {"Containers": [without_nothing(container | ended)]}
    return reason | {"error": "States.TaskFailed", "cause": without_nothing(task | changes)}


def without_nothing(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


EXAMPLES = [*STOPPED, *REFUSED, *map(with_reason, REASONS)]


every_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])


@every_example
def test_only_a_missing_host_is_waited_for(example: dict[str, Any]) -> None:
    services = Services({Step.TRANSCRIBE_SPEECH: error_of(example, size=LONGEST_CAUSE)})
    context = {"Execution": {"Id": "arn:execution", "Name": "n", "Input": JOB}}

    with pytest.raises(StateError):
        Execution(snapshot(), context, services, lambda *_: 1, wait_scale=0).run(JOB)

    assert services.calls.count(Step.TRANSCRIBE_SPEECH) in STARTS[example["kind"]]


@every_example
def test_the_readable_cause_keeps_the_reason(example: dict[str, Any]) -> None:
    cause = readable_cause(error_of(example, size=LONGEST_CAUSE).cause)

    assert all(reason in cause for reason in reasons_of(example))


def test_a_lasting_failure_ends_in_one_dlq_message_with_its_reason() -> None:
    """The description of the task may be longer than the message can be."""
    waiting = [example for example in STOPPED if example["kind"] == "no host"]
    examples = [example for example in [*STOPPED, *REFUSED] if example["kind"] != "no host"]
    examples += waiting[:1]

    found = ends(RUN_TASK, errors=(error_of(example, size=LONGEST_CAUSE) for example in examples))

    ours = {error.__name__ for error in all_errors()}
    for end, example in zip(found, examples, strict=True):
        assert end.status == JobStatus.FAILED
        assert end.failure["step"] == Step.TRANSCRIBE_SPEECH
        assert end.failure["error"] in ours | {example["error"]}
        assert all(reason in end.failure["cause"] for reason in reasons_of(example))


def reasons_of(example: dict[str, Any]) -> list[str]:
    """Return the reasons of the task and of its container: only the container's is specific."""
    cause = example["cause"]
    if not isinstance(cause, dict):
        return [cause or ""]
    containers = [container.get("Reason", "") for container in cause["Containers"]]
    return [cause.get("StoppedReason", ""), *containers]


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("kind", ["no host", "crashed", "host lost"])
def test_a_temporary_failure_fails_no_job(kind: str, times: int) -> None:
    example = next(example for example in STOPPED if example["kind"] == kind)

    [end] = ends(RUN_TASK, errors=[error_of(example, size=8_000)], times=times)

    assert (end.status, end.messages) == (JobStatus.SUCCEEDED, [])


def test_a_cause_that_is_no_whole_json_is_kept_as_far_as_it_goes() -> None:
    """AWS does not document whether a Cause is truncated at 32,768 characters."""
    text = as_cause(error_of(STOPPED[0], size=2 * LONGEST_CAUSE).cause) or ""

    [end] = ends(RUN_TASK, errors=[StateError("States.TaskFailed", text[:LONGEST_CAUSE])])

    assert end.failure["error"] == "States.TaskFailed"
    assert text.startswith(end.failure["cause"])
    assert end.failure["cause"]
