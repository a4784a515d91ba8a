"""The state machine as it is synthesized: its flow, its guards, and that it runs."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Template

from cdk_app.local.states_errors import StateError
from cdk_app.local.states_language import Execution
from cdk_app.local.states_rules import problems
from cdk_app.local.synthesis import ROOT
from cdk_app.workflow import NO_CAPACITY_IN_ECS, NO_SLOT_IS_FREE
from infrastructure.conftest import all_states, definition, synthesized
from lifestream.errors import all_errors
from lifestream.step_names import SEND_TO_DEAD_LETTER_QUEUE, Step

JOB = {"job_id": "a" * 32, "attempt": 1, "key": "uploads/talk.mp4"}
ACQUIRE, RELEASE = "AcquireGpuSlot", "ReleaseGpuSlot"
TASKS = [*Step, SEND_TO_DEAD_LETTER_QUEUE, ACQUIRE, RELEASE]
AWS_PREFIXES = ("States.", "Lambda.", "Runtime.", "Sandbox.", "ECS.", "AmazonECS.", "SQS.",
                "DynamoDB.")  # fmt: skip


def machine() -> dict[str, Any]:
    return definition(synthesized(compute="gpu"))


def test_every_step_is_a_state_and_every_task_a_step() -> None:
    states = all_states(machine())

    tasks = {name for name, state in states.items() if state["Type"] == "Task"}
    assert tasks == set(TASKS)


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_a_time_limit_a_jittered_retry_and_a_catch(name: str) -> None:
    state = all_states(machine())[name]

    assert state["TimeoutSeconds"] > 0
    assert [c["ErrorEquals"] for c in state["Catch"]] == [["States.ALL"]]
    for retry in state["Retry"]:
        assert retry["JitterStrategy"] == "FULL"
        assert retry["MaxDelaySeconds"] <= 300
        assert "States.ALL" not in retry["ErrorEquals"]


def test_every_error_name_of_ours_exists() -> None:
    known = {error.__name__ for error in all_errors()}
    named = {
        name
        for state in all_states(machine()).values()
        for rule in (*state.get("Retry", ()), *state.get("Catch", ()))
        for name in rule["ErrorEquals"]
    }

    ours = {name for name in named if not name.startswith(AWS_PREFIXES)}
    assert ours
    assert ours <= known


REFUSED_AT_ONCE = {NO_SLOT_IS_FREE, *NO_CAPACITY_IN_ECS}


@pytest.mark.fault("C15", by="every retry runs into every limit", so="within the machine's own")
def test_all_retries_together_fit_the_limit_of_the_machine(template: Template) -> None:
    """A refused start takes no time of its own; everything else may take its whole limit."""
    rendered = definition(template)
    total = 0
    for state in all_states(rendered).values():
        retries = state.get("Retry", ())
        waits = sum(retry["MaxDelaySeconds"] * retry["MaxAttempts"] for retry in retries)
        starts = 1 + sum(
            r["MaxAttempts"] for r in retries if not REFUSED_AT_ONCE & set(r["ErrorEquals"])
        )
        total += starts * state.get("TimeoutSeconds", 0) + waits

    assert total < rendered["TimeoutSeconds"]


@pytest.mark.fault("C4", by="the longest wait for a slot", so="far from 25,000 events")
def test_the_longest_wait_for_a_slot_fits_the_history() -> None:
    """Three events a look; Step Functions ends an execution with 25,000."""
    [wait, _] = all_states(machine())[ACQUIRE]["Retry"]

    assert wait["ErrorEquals"] == [NO_SLOT_IS_FREE]
    assert 3 * wait["MaxAttempts"] < 20_000


def test_our_executor_supports_the_whole_definition(template: Template) -> None:
    assert list(problems(definition(template))) == []


def test_the_definition_is_valid_for_an_independent_validator(
    template: Template, tmp_path: Path
) -> None:
    path = tmp_path / "machine.asl.json"
    path.write_text(json.dumps(definition(template)))

    checked = subprocess.run(
        ["npx", "--no-install", "asl-validator", "--json-path", str(path)],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


class Services:
    """Stand-ins for Lambda, ECS and SQS: `fails` names the steps that fail, and how."""

    def __init__(self, fails: Mapping[str, StateError], *, is_transcribed: bool = False) -> None:
        self.fails = fails
        self.is_transcribed = is_transcribed
        self.calls: list[str] = []
        self.dead_letters: list[dict[str, Any]] = []

    def __call__(self, resource: str, arguments: Any, cancelled: threading.Event) -> Any:  # noqa: ARG002
        step = self._step(resource, arguments)
        self.calls.append(step)
        if step in self.fails:
            raise self.fails[step]
        if step in (ACQUIRE, RELEASE):
            return {}
        if step == SEND_TO_DEAD_LETTER_QUEUE:
            self.dead_letters.append(json.loads(arguments["MessageBody"]))
            return {}
        if step == Step.TRANSCRIBE_SPEECH:
            [override] = arguments["Overrides"]["ContainerOverrides"]
            assert json.loads(override["Environment"][0]["Value"])["job_id"] == JOB["job_id"]
            return {}
        return {"Payload": self._answer(step, arguments["Payload"])}

    @staticmethod
    def _step(resource: str, arguments: Any) -> str:
        if resource.endswith("sqs:sendMessage"):
            return SEND_TO_DEAD_LETTER_QUEUE
        if resource.endswith("dynamodb:updateItem"):
            return ACQUIRE if arguments["UpdateExpression"].startswith("ADD") else RELEASE
        if resource.endswith("ecs:runTask.sync"):
            return Step.TRANSCRIBE_SPEECH
        return next(step for step in Step if arguments["FunctionName"].startswith(step))

    def _answer(self, step: str, payload: dict[str, Any]) -> dict[str, Any]:
        match step:
            case Step.INSPECT_VIDEO:
                return payload | {"is_transcribed": self.is_transcribed}
            case Step.SUMMARIZE_TRANSCRIPT | Step.INDEX_TRANSCRIPT:
                return {"made": 1}
            case Step.RECORD_FAILURE:
                status = "PARTIAL" if payload.get("missing") else "FAILED"
                failure = {name: payload[name] for name in ("step", "error", "cause")}
                message = payload["job"] | {"failure": failure}
                return {"status": status, "message": message, **failure}
            case _:
                return payload


def execute(services: Services) -> str:
    """How the execution ended: SUCCEEDED or the error's name."""
    context = {"Execution": {"Id": "arn:execution", "Name": "n", "Input": JOB}}
    record = iter(range(1, 10_000))
    try:
        Execution(machine(), context, services, lambda *_: next(record), wait_scale=0).run(JOB)
    except StateError as error:
        return error.error
    return "SUCCEEDED"


def test_a_good_video_goes_all_the_way() -> None:
    services = Services({})

    assert execute(services) == "SUCCEEDED"
    assert set(services.calls) == {*Step, ACQUIRE, RELEASE} - {Step.RECORD_FAILURE}
    assert services.dead_letters == []


def test_a_job_with_a_transcript_starts_no_container() -> None:
    services = Services({}, is_transcribed=True)

    assert execute(services) == "SUCCEEDED"
    assert Step.TRANSCRIBE_SPEECH not in services.calls
    assert Step.EXTRACT_AUDIO not in services.calls


BEFORE_TRANSCRIPT = [Step.INSPECT_VIDEO, Step.EXTRACT_AUDIO, Step.TRANSCRIBE_SPEECH]
AFTER_TRANSCRIPT = [Step.PUBLISH_RESULTS, Step.RECORD_SUCCESS]


@pytest.mark.parametrize("cause", ["", "because"])
@pytest.mark.parametrize("step", [*BEFORE_TRANSCRIPT, *AFTER_TRANSCRIPT])
def test_a_failing_step_ends_in_one_dead_letter_that_names_it(step: str, cause: str) -> None:
    services = Services({step: StateError("SomeError", cause)})

    assert execute(services) == "SomeError"
    [message] = services.dead_letters
    assert message["job_id"] == JOB["job_id"]
    assert message["failure"] == {"step": step, "error": "SomeError", "cause": cause}


@pytest.mark.parametrize("cause", ["", "because"])
@pytest.mark.parametrize("step", [Step.SUMMARIZE_TRANSCRIPT, Step.INDEX_TRANSCRIPT])
def test_a_failing_branch_leaves_a_partial_result_and_one_dead_letter(
    step: str, cause: str
) -> None:
    services = Services({step: StateError("SomeError", cause)})

    assert execute(services) == "SUCCEEDED"
    assert Step.PUBLISH_RESULTS in services.calls
    assert Step.RECORD_SUCCESS not in services.calls
    [message] = services.dead_letters
    assert message["failure"] == {"step": step, "error": "SomeError", "cause": cause}


def test_two_failing_branches_are_one_dead_letter() -> None:
    broken = StateError("SomeError")
    both = (Step.SUMMARIZE_TRANSCRIPT, Step.INDEX_TRANSCRIPT)
    services = Services({step.value: broken for step in both})

    assert execute(services) == "SUCCEEDED"
    assert len(services.dead_letters) == 1


def test_a_failure_that_cannot_be_recorded_is_still_sent() -> None:
    broken = {Step.INSPECT_VIDEO.value: StateError("NoAudioError", "x" * 9_000),
              Step.RECORD_FAILURE.value: StateError("Lambda.Unknown")}  # fmt: skip
    services = Services(broken)

    assert execute(services) == "NoAudioError"
    [message] = services.dead_letters
    assert message["job_id"] == JOB["job_id"]
    assert message["failure"]["error"] == "NoAudioError"
    assert message["failure"]["attempt"] == 1
    assert len(message["failure"]["cause"]) <= 1_000


def test_transient_errors_are_retried_and_permanent_ones_are_not() -> None:
    busy = Services({Step.INSPECT_VIDEO.value: StateError("TransientError")})
    broken = Services({Step.INSPECT_VIDEO.value: StateError("NoAudioError")})

    execute(busy)
    execute(broken)

    assert busy.calls.count(Step.INSPECT_VIDEO) == 5
    assert broken.calls.count(Step.INSPECT_VIDEO) == 1
