"""The executor of the state machine follows each rule, shown by one small machine per rule."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from cdk_app.local.asl.clock import WallClock
from cdk_app.local.asl.errors import ExecutionStoppedError, ExecutionTimedOutError, StateError
from cdk_app.local.asl.executor import MAX_PAYLOAD_BYTES, Execution, delay_seconds
from cdk_app.local.asl.jsonata import evaluate
from cdk_app.local.asl.validation import problems

LAMBDA = "arn:aws:states:::lambda:invoke"
ALL = ["States.ALL"]

PATIENCE_SECONDS = 60


class Service:
    """A fake service that answers by function name and records the calls."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.calls: list[str] = []
        self.cancelled: list[str] = []

    def __call__(self, resource: str, arguments: Any, cancelled: threading.Event) -> Any:
        name = arguments["FunctionName"]
        self.calls.append(name)
        answer = self.answers[name]
        if answer == "hang":
            if cancelled.wait(PATIENCE_SECONDS):
                self.cancelled.append(name)
            return None
        if isinstance(answer, itertools.chain):
            answer = next(answer)
        if isinstance(answer, Exception):
            raise answer
        return {"Payload": answer}

    def wait_until_cancelled(self, names: list[str]) -> None:
        """Wait until these calls are cancelled, because the executor does not wait for them."""
        until = time.monotonic() + PATIENCE_SECONDS
        while self.cancelled != names and time.monotonic() < until:
            time.sleep(0.01)
        assert self.cancelled == names


class History:
    """The events of the history, as (type, previous event)."""

    def __init__(self) -> None:
        self.events: list[tuple[str, int, dict[str, Any]]] = []

    def __call__(self, event_type: str, previous: int, details: dict[str, Any]) -> int:
        self.events.append((event_type, previous, details))
        return len(self.events)

    @property
    def types(self) -> list[str]:
        return [event[0] for event in self.events]


def machine(states: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states, **more}


def call(function: str, **more: Any) -> dict[str, Any]:
    task = {"Type": "Task", "Resource": LAMBDA, "Arguments": {"FunctionName": function}}
    return {**task, **({} if "Next" in more else {"End": True}), **more}


def run(
    definition: dict[str, Any],
    given: Any = None,
    *,
    service: Any = None,
    history: History | None = None,
    **options: Any,
) -> Any:
    assert list(problems(definition)) == []
    execution = Execution(
        definition,
        {"Execution": {"Id": "arn", "Input": given}},
        service or Service(),
        history or History(),
        wait_scale=options.pop("wait_scale", 0.0),
        **options,
    )
    return execution.run(given)


def test_a_task_passes_arguments_and_shapes_its_output() -> None:
    task = call("f", Output="{% $states.result.Payload.x + $states.input.y %}")

    assert run(machine({"A": task}), {"y": 2}, service=Service(f={"x": 40})) == 42


def test_expressions_work_at_any_depth_and_other_strings_stay() -> None:
    output = {
        "a": ["{% $states.input.n * 2 %}", "plain", {"b": "{% $states.context.State.Name %}"}]
    }

    assert run(machine({"P": {"Type": "Pass", "Output": output, "End": True}}), {"n": 4}) == {
        "a": [8, "plain", {"b": "P"}]
    }


def test_null_is_a_value_but_nothing_is_an_error() -> None:
    null = {"Type": "Pass", "Output": "{% $states.input.x %}", "End": True}

    assert run(machine({"P": null}), {"x": None}) is None
    with pytest.raises(StateError, match=r"States\.QueryEvaluationError"):
        run(machine({"P": null}), {})


@pytest.mark.parametrize(("n", "end"), [(1, "small"), (9, "big")])
def test_choice_takes_the_first_rule_that_is_true(n: int, end: str) -> None:
    rule = {"Condition": "{% $states.input.n > 5 %}", "Next": "Big", "Output": "big"}
    states = {
        "C": {"Type": "Choice", "Choices": [rule], "Default": "Small"},
        "Big": {"Type": "Succeed"},
        "Small": {"Type": "Succeed", "Output": "small"},
    }

    assert run(machine(states), {"n": n}) == end


def test_choice_without_a_match_or_default_fails() -> None:
    rule = {"Condition": "{% false %}", "Next": "E"}
    states = {"C": {"Type": "Choice", "Choices": [rule]}, "E": {"Type": "Succeed"}}

    with pytest.raises(StateError, match=r"States\.NoChoiceMatched"):
        run(machine(states), {})


def test_retry_counts_attempts_then_catch_takes_over() -> None:
    service = Service(f=StateError("Busy", "try later"))
    retry = {"ErrorEquals": ["Busy"], "MaxAttempts": 3}
    catch = {"ErrorEquals": ALL, "Next": "Z", "Output": "{% $states.errorOutput.Cause %}"}
    states = {"A": call("f", Retry=[retry], Catch=[catch]), "Z": {"Type": "Succeed"}}

    assert run(machine(states), {}, service=service) == "try later"
    assert service.calls == ["f"] * 4


def test_retry_is_for_the_errors_it_names() -> None:
    service = Service(f=StateError("Broken"))

    with pytest.raises(StateError, match="Broken"):
        run(machine({"A": call("f", Retry=[{"ErrorEquals": ["Busy"]}])}), {}, service=service)
    assert service.calls == ["f"]


def test_a_task_that_recovers_goes_on() -> None:
    service = Service(f=itertools.chain([StateError("Busy"), {"ok": True}]))
    task = call("f", Retry=[{"ErrorEquals": ALL}], Output="{% $states.result.Payload.ok %}")

    assert run(machine({"A": task}), {}, service=service) is True


@pytest.mark.parametrize(
    ("error", "names", "is_caught"),
    [
        ("Custom", ["States.ALL"], True),
        ("Custom", ["States.TaskFailed"], True),
        ("States.Timeout", ["States.TaskFailed"], False),
        ("States.Timeout", ["States.ALL"], True),
        ("States.DataLimitExceeded", ["States.ALL"], False),
        ("States.Runtime", ["States.ALL"], False),
        ("States.Runtime", ["States.Runtime"], True),
        ("Custom", ["Other"], False),
    ],
)
def test_an_error_name_matches_these_errors(error: str, names: list[str], is_caught: bool) -> None:  # noqa: FBT001
    assert StateError(error).is_named_in(names) is is_caught


def test_an_error_without_a_cause_has_none() -> None:
    """`$exists` in our Catch depends on it."""
    has_cause = "{% $exists($states.errorOutput.Cause) %}"
    catch = {"ErrorEquals": ALL, "Next": "Z", "Output": has_cause}
    states = {"A": call("f", Catch=[catch]), "Z": {"Type": "Succeed"}}

    assert run(machine(states), {}, service=Service(f=StateError("E"))) is False
    assert run(machine(states), {}, service=Service(f=StateError("E", "why"))) is True


def test_delays_grow_are_capped_and_jittered() -> None:
    retrier = {"IntervalSeconds": 2, "BackoffRate": 3, "MaxDelaySeconds": 10}

    assert [delay_seconds(retrier, used) for used in range(4)] == [2, 6, 10, 10]
    jittered = [delay_seconds(retrier | {"JitterStrategy": "FULL"}, 1) for _ in range(100)]
    assert 0 <= min(jittered) < max(jittered) <= 6


def test_a_task_beyond_its_limit_times_out_and_is_cancelled() -> None:
    service = Service(f="hang")
    catch = {"ErrorEquals": ["States.Timeout"], "Next": "Z", "Output": "late"}
    states = {
        "A": call("f", TimeoutSeconds=0.1, Catch=[catch]),
        "Z": {"Type": "Succeed"},
    }

    assert run(machine(states), {}, service=service) == "late"
    service.wait_until_cancelled(["f"])


def test_the_whole_machine_has_a_limit() -> None:
    states = {"A": call("f", Catch=[{"ErrorEquals": ALL, "Next": "Z"}]), "Z": {"Type": "Succeed"}}

    with pytest.raises(ExecutionTimedOutError):
        run(machine(states, TimeoutSeconds=0.1), {}, service=Service(f="hang"))


def test_an_aborted_execution_stops_and_cancels_its_task() -> None:
    service, aborted = Service(f="hang"), threading.Event()
    threading.Timer(0.1, aborted.set).start()

    with pytest.raises(ExecutionStoppedError):
        run(machine({"A": call("f")}), {}, service=service, is_stopped=aborted.is_set)
    service.wait_until_cancelled(["f"])


def test_parallel_gives_all_outputs_in_order() -> None:
    branches = [machine({"A": call(f, Output="{% $states.result.Payload %}")}) for f in "ab"]
    states = {"P": {"Type": "Parallel", "Branches": branches, "End": True}}

    assert run(machine(states), {}, service=Service(a=1, b=2)) == [1, 2]


def test_one_failing_branch_ends_the_others_at_once() -> None:
    service = Service(slow="hang", bad=StateError("Broken"))
    branches = [machine({"A": call("slow")}), machine({"B": call("bad")})]
    catch = {"ErrorEquals": ["Broken"], "Next": "Z", "Output": "caught"}
    states = {
        "P": {"Type": "Parallel", "Branches": branches, "Catch": [catch], "Next": "Z"},
        "Z": {"Type": "Succeed"},
    }

    assert run(machine(states), {}, service=service) == "caught"
    service.wait_until_cancelled(["slow"])


def test_fail_evaluates_error_and_cause() -> None:
    fail = {"Type": "Fail", "Error": "{% $states.input.error %}", "Cause": "because"}

    with pytest.raises(StateError) as error:
        run(machine({"F": fail}), {"error": "NoAudioError"})
    assert (error.value.error, error.value.cause) == ("NoAudioError", "because")


def test_variables_outlive_their_state_and_are_set_beside_the_output() -> None:
    """Output is evaluated with the variables from before Assign."""
    count = {"Type": "Pass", "Assign": {"n": "{% $n + 1 %}"}, "Output": "{% $n %}"}
    states = {
        "Start": {"Type": "Pass", "Assign": {"n": "{% $states.input %}"}, "Next": "Count"},
        "Count": count | {"Next": "End"},
        "End": {"Type": "Succeed", "Output": "{% [$states.input, $n] %}"},
    }

    assert run(machine(states), 4) == [4, 5]


def test_a_loop_counts_with_a_variable() -> None:
    service = Service(f=StateError("Busy"))
    again = {"Condition": "{% $looks < 3 %}", "Next": "Wait"}
    catch = {
        "ErrorEquals": ["Busy"],
        "Next": "Again",
        "Output": "{% $states.input %}",
        "Assign": {"looks": "{% $looks + 1 %}", "why": "{% $states.errorOutput.Error %}"},
    }
    states = {
        "Start": {"Type": "Pass", "Assign": {"looks": 0}, "Next": "Look"},
        "Look": call("f", Next="End", Catch=[catch]),
        "Again": {"Type": "Choice", "Choices": [again], "Default": "End"},
        "Wait": {"Type": "Wait", "Seconds": "{% 5 * $looks %}", "Next": "Look"},
        "End": {"Type": "Succeed", "Output": "{% $why & ' ' & $states.input %}"},
    }

    assert run(machine(states), "job", service=service) == "Busy job"
    assert service.calls == ["f"] * 3


def test_a_branch_reads_the_variables_around_it_and_keeps_its_own() -> None:
    branch = {"Type": "Pass", "Assign": {"n": 9}, "Output": "{% $n %}", "End": True}
    branches = [{"StartAt": "B", "States": {"B": branch}}]
    states = {
        "Start": {"Type": "Pass", "Assign": {"n": 1}, "Next": "Both"},
        "Both": {"Type": "Parallel", "Branches": branches, "Next": "End"},
        "End": {"Type": "Succeed", "Output": "{% [$states.input[0], $n] %}"},
    }

    assert run(machine(states), {}) == [1, 1]


def test_a_wait_state_waits() -> None:
    states = {"W": {"Type": "Wait", "Seconds": "{% $states.input.s %}", "End": True}}
    started = time.monotonic()

    run(machine(states), {"s": 0.2}, wait_scale=1.0)

    assert time.monotonic() - started >= 0.2


def test_a_pause_is_shortened_and_the_wait_before_a_retry_is_not() -> None:
    asked: list[float | None] = []

    class Watch(WallClock):
        def wait_until(self, condition: Callable[[], bool], seconds: float | None) -> None:
            asked.append(seconds)
            super().wait_until(condition, 0 if seconds else seconds)

    retry = {"ErrorEquals": ["Busy"], "IntervalSeconds": 3, "MaxAttempts": 1}
    states = {
        "W": {"Type": "Wait", "Seconds": 50, "Next": "A"},
        "A": call("f", Retry=[retry], End=True),
    }

    service = Service(f=itertools.chain([StateError("Busy"), "done"]))
    run(machine(states), service=service, clock=Watch(), wait_scale=1.0, pause_scale=0.1)

    assert [seconds for seconds in asked if seconds] == [5, 3]


def test_too_large_a_payload_fails_and_no_catch_all_hides_it() -> None:
    service = Service(f="x" * MAX_PAYLOAD_BYTES)
    states = {"A": call("f", Catch=[{"ErrorEquals": ALL, "Next": "Z"}]), "Z": {"Type": "Succeed"}}

    with pytest.raises(StateError, match=r"States\.DataLimitExceeded"):
        run(machine(states), {}, service=service)


def test_history_has_every_event_and_its_chain() -> None:
    history = History()
    branch = machine({"B": call("f")})
    states = {
        "P": {"Type": "Parallel", "Branches": [branch], "Next": "S"},
        "S": {"Type": "Succeed"},
    }

    run(machine(states), {"x": 1}, service=Service(f=1), history=history)

    assert history.types == [
        "ParallelStateEntered",
        "ParallelStateStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSucceeded",
        "TaskStateExited",
        "ParallelStateSucceeded",
        "ParallelStateExited",
        "SucceedStateEntered",
        "SucceedStateExited",
    ]
    assert [previous for _, previous, _ in history.events[:7]] == [0, 1, 2, 3, 4, 5, 6]
    entered = history.events[0][2]["stateEnteredEventDetails"]
    assert (entered["name"], json.loads(entered["input"])) == ("P", {"x": 1})


@pytest.mark.parametrize(
    ("state", "complaint"),
    [
        ({"Type": "Map", "End": True}, "unsupported state type 'Map'"),
        ({"Type": "Pass", "Parameters": {}, "End": True}, "unsupported field Parameters"),
        ({"Type": "Succeed", "Assign": {}}, "unsupported field Assign"),
        ({"Type": "Pass"}, "neither Next nor End"),
        ({"Type": "Pass", "Next": "Nowhere"}, "the state 'Nowhere' does not exist"),
        (call("f", HeartbeatSeconds=5), "unsupported field HeartbeatSeconds"),
        (call("f", Retry=[{"ErrorEquals": ALL, "MaxAttempt": 1}]), "Retry.MaxAttempt"),
        (call("f", Catch=[{"ErrorEquals": ALL, "Next": "X"}]), "the state 'X' does not exist"),
        (call("f") | {"Resource": "arn:aws:states:::sns:publish"}, "unsupported resource"),
        (
            {"Type": "Parallel", "End": True, "Branches": [{"StartAt": "Q", "States": {}}]},
            "the state that StartAt names does not exist",
        ),
    ],
)
def test_unsupported_features_are_rejected_by_name(state: dict[str, Any], complaint: str) -> None:
    found = "; ".join(problems(machine({"A": state})))

    assert complaint in found
    assert "/A" in found


def test_an_expression_reads_the_clock_each_time() -> None:
    """It is parsed only once."""
    early = evaluate("{% $millis() %}", {})
    time.sleep(0.01)

    assert evaluate("{% $millis() %}", {}) > early
