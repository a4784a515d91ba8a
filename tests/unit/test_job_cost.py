"""The cost of a job follows from the histories of its executions and from list prices."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aws_documents import document
from lifestream.domain.execution_usage import ContainerRun, ExecutionUsage, Invocation, usage_of
from lifestream.domain.job_cost import JobCost
from lifestream.domain.metering import cost_of, host_start_dollars
from lifestream.domain.prices import STATE_TRANSITION, Rates, fargate_hour, gpu_host_hour

START = datetime(2026, 11, 27, 12, tzinfo=UTC)
ON_GPU = Rates(
    host_hour=0.9, idle_seconds=300, speed=20, whisper_model="turbo", openai_model="gpt-4o-mini"
)
ON_FARGATE = ON_GPU.model_copy(update={"host_hour": 0.19, "idle_seconds": 0})
ECS = document("ecs_run_task_sync")


class History:
    """Writes events as Step Functions does. Each belongs to the state that was entered last."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def add(self, kind: str, at: float, **details: Any) -> None:
        number = len(self.events)
        event = {"id": number + 1, "previousEventId": number, "type": kind}
        self.events.append(event | {"timestamp": START + timedelta(seconds=at)} | details)

    def enter(self, name: str, at: float, resource: str) -> None:
        self.add("TaskStateEntered", at, stateEnteredEventDetails={"name": name})
        self.schedule(at, resource)

    def schedule(self, at: float, resource: str) -> None:
        self.add("TaskScheduled", at, taskScheduledEventDetails={"resourceType": resource})

    def succeed(self, at: float, output: Any) -> None:
        details = {"output": json.dumps(output)}
        self.add("TaskSucceeded", at, taskSucceededEventDetails=details)

    def fail(self, at: float, cause: str) -> None:
        self.add("TaskFailed", at, taskFailedEventDetails={"error": "E", "cause": cause})

    @property
    def usage(self) -> ExecutionUsage:
        return usage_of(self.events)


def summarized(dollars: float | None) -> dict[str, Any]:
    usage = {"calls": 1, "input_tokens": 10, "output_tokens": 5, "dollars": dollars}
    return {"Payload": {"engine": "openai/x", "usage": usage}}


def test_each_invocation_counts_for_as_long_as_it_took_and_retries_count_as_transitions() -> None:
    history = History()
    history.enter("SummarizeTranscript", 0, "lambda")
    history.fail(4, "busy")
    history.schedule(10, "lambda")
    history.succeed(12, summarized(0.25))

    usage = history.usage

    assert [one.seconds for one in usage.invocations] == [4, 2]
    assert usage.transitions == 3  # the start, the state, the retry
    assert usage.model_dollars == 0.25


@pytest.mark.parametrize("output", [summarized(None), {"Payload": {"job_id": "1"}}, {}, [1]])
def test_a_result_without_paid_calls_costs_no_model(output: Any) -> None:
    history = History()
    history.enter("PublishResults", 0, "lambda")
    history.succeed(1, output)

    assert history.usage.model_dollars == 0


def test_the_branches_of_a_parallel_state_are_kept_apart() -> None:
    history = History()
    for number, name in enumerate(("SummarizeTranscript", "IndexTranscript")):
        history.enter(name, number, "lambda")
    history.events[2]["previousEventId"] = 0
    for previous, at in ((2, 10), (4, 5)):
        history.succeed(at, summarized(0.5))
        history.events[-1]["previousEventId"] = previous

    usage = history.usage

    assert usage.invocations == [
        Invocation("SummarizeTranscript", 10),
        Invocation("IndexTranscript", 4),
    ]
    assert usage.model_dollars == 1


def transcribed(end: Callable[[History], None]) -> ContainerRun:
    history = History()
    history.enter("TranscribeSpeech", 0, "ecs")
    end(history)
    [run] = history.usage.containers
    return run


def test_a_container_runs_from_the_pull_of_its_image_until_it_has_stopped() -> None:
    run = transcribed(lambda history: history.succeed(900, ECS["success"]["output"]))

    assert run.wait_seconds == pytest.approx(62.131)
    assert run.seconds == pytest.approx(483.769)


def test_a_crashed_container_is_paid_too() -> None:
    [crash] = [one for one in ECS["failures"] if one["name"] == "the program failed"]

    run = transcribed(lambda history: history.fail(900, json.dumps(crash["cause"])))

    assert run.seconds > 0


def test_a_task_that_never_got_a_host_costs_nothing() -> None:
    [no_host] = [one for one in ECS["failures"] if one["name"] == "no host came"]

    run = transcribed(lambda history: history.fail(1_800, json.dumps(no_host["cause"])))

    assert run.wait_seconds == pytest.approx(545.9)
    assert run.seconds == 0
    assert host_start_dollars(run, ON_GPU) == 0


@pytest.mark.parametrize("cause", ["", "no JSON", "[]", '{"CreatedAt": "yesterday"}'])
def test_without_a_description_the_time_of_the_state_counts(cause: str) -> None:
    assert transcribed(lambda history: history.fail(60, cause)) == ContainerRun(0, 60)


def test_a_container_that_runs_when_the_execution_is_aborted_counts_until_then() -> None:
    run = transcribed(lambda history: history.add("ExecutionAborted", 90))

    assert run == ContainerRun(0, 90)


def test_the_job_that_starts_a_host_pays_for_its_start_and_for_its_idle_time() -> None:
    first = cost_of([ExecutionUsage(containers=[ContainerRun(240, 180)])], ON_GPU)
    second = cost_of([ExecutionUsage(containers=[ContainerRun(5, 180)])], ON_GPU)

    assert first.container == second.container == 0.045
    assert (first.host_start, second.host_start) == ((240 + 300) * 0.9 / 3600, 0)


def test_waiting_for_capacity_costs_nothing() -> None:
    assert host_start_dollars(ContainerRun(1_700, 60), ON_GPU) == (600 + 300) * 0.9 / 3600


def test_fargate_bills_the_container_and_no_host() -> None:
    cost = cost_of([ExecutionUsage(containers=[ContainerRun(240, 3_600)])], ON_FARGATE)

    assert (cost.container, cost.host_start) == (0.19, 0)


def test_all_attempts_are_added_up() -> None:
    attempt = ExecutionUsage(
        invocations=[Invocation("ExtractAudio", 45)],
        containers=[ContainerRun(0, 400)],
        transitions=20,
        model_dollars=0.01,
    )

    once, twice = cost_of([attempt], ON_GPU), cost_of([attempt, attempt], ON_GPU)

    assert once.functions == pytest.approx(45 * 1769 / 1024 * 0.0000133334 + 2e-7, abs=1e-6)
    assert once.transitions == 20 * STATE_TRANSITION
    assert twice.total == pytest.approx(2 * once.total, abs=2e-6)
    assert twice.container_seconds == 800


def test_a_job_that_never_ran_costs_nothing() -> None:
    assert cost_of([usage_of([])], ON_GPU).total == 0


def test_the_total_is_the_sum_of_the_parts() -> None:
    cost: JobCost = cost_of([ExecutionUsage(transitions=7, model_dollars=0.123)], ON_GPU)

    parts = (cost.container, cost.host_start, cost.functions, cost.transitions, cost.models)
    assert cost.total == pytest.approx(sum(parts), abs=1e-9)


def test_the_fee_of_managed_instances_is_added_also_on_spot() -> None:
    assert gpu_host_hour("g6.xlarge") == pytest.approx(0.8048 * 1.12)
    assert gpu_host_hour("g6.xlarge", spot=True) == pytest.approx(0.8048 * 0.62)
    assert gpu_host_hour("g7.xlarge") is None


def test_fargate_costs_vcpus_memory_and_the_disk_beyond_what_is_free() -> None:
    assert fargate_hour() == pytest.approx(4 * 0.03238 + 16 * 0.00356 + 30 * 0.000111)
    assert fargate_hour(spot=True) < fargate_hour() * 0.32
