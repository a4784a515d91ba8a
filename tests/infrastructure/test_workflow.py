"""The synthesized state machine has the right flow and guards, and runs."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from cdk_app.local.asl.errors import StateError
from cdk_app.local.asl.executor import Execution
from cdk_app.local.asl.validation import problems
from infrastructure.templates import all_states, definition, synthesized
from lifestream.aws.api_keys import MAX_AGE_SECONDS
from lifestream.aws.slots import Pool
from lifestream.errors import UnusableVideoError, all_errors
from lifestream.step_names import SEND_TO_DEAD_LETTER_QUEUE, Step

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

JOB = {"job_id": "a" * 32, "attempt": 1, "key": "uploads/talk.mp4"}
SLOTS = [f"{verb}{pool.title()}Slot" for pool in Pool for verb in ("LookFor", "Acquire", "Release")]
TASKS = [*Step, SEND_TO_DEAD_LETTER_QUEUE, *SLOTS]
EVENTS = 25_000
"""Step Functions ends an execution whose history is longer."""
AWS_PREFIXES = ("States.", "Lambda.", "Runtime.", "Sandbox.", "ECS.", "AmazonECS.", "SQS.",
                "DynamoDB.")  # fmt: skip


def machine() -> dict[str, Any]:
    return definition(synthesized(compute="gpu"))


def test_every_step_is_a_state_and_every_task_a_step() -> None:
    states = all_states(machine())

    tasks = {name for name, state in states.items() if state["Type"] == "Task"}
    assert tasks == set(TASKS)


def test_errors_of_the_video_are_never_retried() -> None:
    unusable = {error.__name__ for error in all_errors(UnusableVideoError)}
    states = all_states(machine()).values()
    retried = {name for s in states for r in s.get("Retry", ()) for name in r["ErrorEquals"]}

    assert "VideoTooComplexError" in unusable
    assert not unusable & retried


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_a_time_limit_a_jittered_retry_and_a_catch(name: str) -> None:
    state = all_states(machine())[name]

    assert state["TimeoutSeconds"] > 0
    assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"]
    assert name == Step.TRANSCRIBE_SPEECH or state["Retry"]
    for retry in state.get("Retry", ()):
        assert "States.ALL" not in retry["ErrorEquals"]
        if retry["ErrorEquals"] == ["KeyRefusedError"]:
            assert (retry["MaxAttempts"], retry["JitterStrategy"]) == (1, "NONE")
        elif retry["MaxAttempts"]:
            assert retry["JitterStrategy"] == "FULL"
            assert retry["MaxDelaySeconds"] <= 300


def test_steps_with_keys_retry_a_refused_key_when_every_process_has_read_it_anew() -> None:
    states = all_states(machine())
    retried = {
        name: retry["IntervalSeconds"]
        for name, state in states.items()
        for retry in state.get("Retry", ())
        if "KeyRefusedError" in retry["ErrorEquals"]
    }

    assert retried == dict.fromkeys(
        (Step.SUMMARIZE_TRANSCRIPT, Step.INDEX_TRANSCRIPT), MAX_AGE_SECONDS
    )


def test_every_state_says_what_it_is_for() -> None:
    comments = [state.get("Comment", "") for state in all_states(machine()).values()]

    assert all(len(comment) > 10 for comment in comments)


def test_every_lambda_state_retries_throttling_for_hours() -> None:
    from cdk_app.guards import THROTTLED

    for step in set(Step) - {Step.TRANSCRIBE_SPEECH}:
        [throttled] = [
            retry
            for retry in all_states(machine())[step]["Retry"]
            if retry["ErrorEquals"] == [*THROTTLED]
        ]
        average_wait = throttled["MaxDelaySeconds"] / 2
        assert throttled["MaxAttempts"] * average_wait > 2 * 3_600


def test_every_caught_error_name_of_ours_exists() -> None:
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


@pytest.mark.fault(
    "C15",
    by="every retry and every timeout is used up",
    so="the sum is below the execution's timeout",
)
def test_all_retries_together_fit_the_execution_timeout(template: Template) -> None:
    """A throttled invocation takes no time; everything else may take its whole time limit."""
    from cdk_app.container_retries import HOST_WAIT, HOST_WAITS, RESTARTS
    from cdk_app.container_step import START_LIMIT_SECONDS
    from cdk_app.slots import LONGEST_WAIT_SECONDS, max_polls

    rendered = definition(template)
    states = all_states(rendered)
    total = sum(longest_seconds(state) for state in states.values())
    total += RESTARTS * states[Step.TRANSCRIBE_SPEECH]["TimeoutSeconds"]
    total += HOST_WAITS * (int(HOST_WAIT.to_seconds()) + START_LIMIT_SECONDS)
    total += sum(max_polls(pool) * LONGEST_WAIT_SECONDS for pool in Pool)

    assert total < rendered["TimeoutSeconds"]


def longest_seconds(state: dict[str, Any]) -> int:
    """Return the longest duration of one visit: all retries, each after its longest wait."""
    from cdk_app.guards import THROTTLED

    retries = [retry for retry in state.get("Retry", ()) if retry["MaxAttempts"]]
    waits = sum(retry["MaxDelaySeconds"] * retry["MaxAttempts"] for retry in retries)
    runs = 1 + sum(r["MaxAttempts"] for r in retries if r["ErrorEquals"] != [*THROTTLED])
    return int(runs * state.get("TimeoutSeconds", 0) + waits)


@pytest.mark.fault("C4", by="the longest wait in every loop", so="fewer than 25,000 events")
def test_the_longest_waits_fit_the_limit_of_the_history() -> None:
    """A retry is three events: scheduled, started, failed. A restart of the container is ten."""
    from cdk_app.container_retries import HOST_WAITS, RESTARTS
    from cdk_app.slots import EVENTS_PER_POLL, max_polls

    retries = sum(
        retry["MaxAttempts"]
        for state in all_states(machine()).values()
        for retry in state.get("Retry", ())
    )
    polls = sum(max_polls(pool) for pool in Pool)

    assert EVENTS_PER_POLL * polls + 3 * retries + 10 * (HOST_WAITS + RESTARTS) < EVENTS - 200


def test_a_poll_writes_as_many_events_as_we_count() -> None:
    """Our executor writes the same history as Step Functions."""
    from cdk_app.slots import EVENTS_PER_POLL

    services = Services({}, looks_until_free=2)
    kinds: list[str] = []

    execute(services, kinds)

    both = [kind for kind in kinds if kind.startswith(("Wait", "Choice"))]
    assert both.count("WaitStateEntered") == 2 * len(Pool)
    free = Services({}, looks_until_free=0)
    without: list[str] = []
    execute(free, without)
    assert len(kinds) - len(without) == EVENTS_PER_POLL * both.count("WaitStateEntered")


def test_our_executor_supports_the_whole_definition(template: Template) -> None:
    assert list(problems(definition(template))) == []


class Services:
    """Fakes of Lambda, ECS, DynamoDB and SQS. `fails`: step → the error that it fails with."""

    def __init__(
        self,
        fails: Mapping[str, StateError],
        *,
        is_transcribed: bool = False,
        looks_until_free: int = 0,
    ) -> None:
        self.fails = fails
        self.is_transcribed = is_transcribed
        self.looks_until_free = looks_until_free
        self.calls: list[str] = []
        self.dlq_messages: list[dict[str, Any]] = []

    def __call__(self, resource: str, arguments: Any, cancelled: threading.Event) -> Any:
        step = self._step(resource, arguments)
        self.calls.append(step)
        if step in self.fails:
            raise self.fails[step]
        if step.startswith("LookFor"):
            is_taken = self.calls.count(step) <= self.looks_until_free
            return {"Item": {"holders": {"SS": [str(n) for n in range(100)]}}} if is_taken else {}
        if step in SLOTS:
            return {}
        if step == SEND_TO_DEAD_LETTER_QUEUE:
            self.dlq_messages.append(json.loads(arguments["MessageBody"]))
            return {}
        if step == Step.TRANSCRIBE_SPEECH:
            [override] = arguments["Overrides"]["ContainerOverrides"]
            given = {entry["Name"]: entry["Value"] for entry in override["Environment"]}
            assert given == {"JOB_ID": JOB["job_id"], "JOB_ATTEMPT": "1", "EXECUTION_NAME": "n"}
            return {}
        return {"Payload": self._answer(step, arguments["Payload"])}

    @staticmethod
    def _step(resource: str, arguments: Any) -> str:
        if resource.endswith("sqs:sendMessage"):
            return SEND_TO_DEAD_LETTER_QUEUE
        if resource.endswith("dynamodb:getItem"):
            return f"LookFor{_slot(arguments)}"
        if resource.endswith("dynamodb:updateItem"):
            is_added = arguments["UpdateExpression"].startswith("ADD")
            return f"{'Acquire' if is_added else 'Release'}{_slot(arguments)}"
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


def _slot(arguments: dict[str, Any]) -> str:
    return f"{arguments['Key']['pool']['S'].title()}Slot"


def execute(services: Services, kinds: list[str] | None = None) -> str:
    """Return SUCCEEDED or the error's name. `kinds` receives the event types of the history."""
    context = {"Execution": {"Id": "arn:execution", "Name": "n", "Input": JOB}}
    kinds = [] if kinds is None else kinds

    def record(event_type: str, previous: int, details: dict[str, Any]) -> int:  # noqa: ARG001
        kinds.append(event_type)
        return len(kinds)

    try:
        Execution(machine(), context, services, record, wait_scale=0).run(JOB)
    except StateError as error:
        return error.error
    return "SUCCEEDED"


def test_a_good_video_ends_in_success() -> None:
    services = Services({})

    assert execute(services) == "SUCCEEDED"
    assert set(services.calls) == {*Step, *SLOTS} - {Step.RECORD_FAILURE}
    assert services.dlq_messages == []


def test_a_job_with_a_transcript_starts_no_container() -> None:
    services = Services({}, is_transcribed=True)

    assert execute(services) == "SUCCEEDED"
    assert Step.TRANSCRIBE_SPEECH not in services.calls
    assert Step.EXTRACT_AUDIO not in services.calls


BEFORE_TRANSCRIPT = [Step.INSPECT_VIDEO, Step.EXTRACT_AUDIO, Step.TRANSCRIBE_SPEECH]
AFTER_TRANSCRIPT = [Step.PUBLISH_RESULTS, Step.RECORD_SUCCESS]


@pytest.mark.parametrize("cause", ["", "because"])
@pytest.mark.parametrize("step", [*BEFORE_TRANSCRIPT, *AFTER_TRANSCRIPT])
def test_a_failing_step_ends_in_one_dlq_message_that_names_it(step: str, cause: str) -> None:
    services = Services({step: StateError("SomeError", cause)})

    assert execute(services) == "SomeError"
    [message] = services.dlq_messages
    assert message["job_id"] == JOB["job_id"]
    assert message["failure"] == {"step": step, "error": "SomeError", "cause": cause}


@pytest.mark.parametrize("cause", ["", "because"])
@pytest.mark.parametrize("step", [Step.SUMMARIZE_TRANSCRIPT, Step.INDEX_TRANSCRIPT])
def test_a_failing_branch_leaves_a_partial_result_and_one_dlq_message(
    step: str, cause: str
) -> None:
    services = Services({step: StateError("SomeError", cause)})

    assert execute(services) == "SUCCEEDED"
    assert Step.PUBLISH_RESULTS in services.calls
    assert Step.RECORD_SUCCESS not in services.calls
    [message] = services.dlq_messages
    assert message["failure"] == {"step": step, "error": "SomeError", "cause": cause}


def test_two_failing_branches_are_one_dlq_message() -> None:
    broken = StateError("SomeError")
    both = (Step.SUMMARIZE_TRANSCRIPT, Step.INDEX_TRANSCRIPT)
    services = Services({step.value: broken for step in both})

    assert execute(services) == "SUCCEEDED"
    assert len(services.dlq_messages) == 1


def test_a_failure_that_cannot_be_recorded_is_still_sent() -> None:
    broken = {Step.INSPECT_VIDEO.value: StateError("NoAudioError", "x" * 9_000),
              Step.RECORD_FAILURE.value: StateError("Lambda.Unknown")}  # fmt: skip
    services = Services(broken)

    assert execute(services) == "NoAudioError"
    [message] = services.dlq_messages
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
