"""Read from an execution's history what it used: seconds of functions and containers, transitions,
and the dollars of model calls."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from lifestream.domain.state_runs import state_names
from lifestream.domain.summary import Usage

TASK_ENDS = {
    "TaskSucceeded": "taskSucceededEventDetails",
    "TaskFailed": "taskFailedEventDetails",
    "TaskTimedOut": "taskTimedOutEventDetails",
    "TaskStartFailed": "taskStartFailedEventDetails",
    "TaskSubmitFailed": "taskSubmitFailedEventDetails",
}
MILLISECONDS = 1000


class _Lenient(BaseModel):
    """A model of what AWS writes, of which only some fields matter."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class _Task(_Lenient):
    """An ECS task, as Step Functions shows it: times are in milliseconds since 1970.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html
    """

    CreatedAt: float | None = None
    PullStartedAt: float | None = None
    StoppedAt: float | None = None


class _Paid(_Lenient):
    usage: Usage | None = None


class _Invoked(_Lenient):
    Payload: _Paid = _Paid()


@dataclass(frozen=True)
class Invocation:
    """One invocation of the function of a state."""

    state: str
    seconds: float


@dataclass(frozen=True)
class ContainerRun:
    """One run of the container, in seconds.

    wait_seconds: until the host began to fetch the image. A host that runs already takes a few.
    seconds: from then on until the container had stopped. AWS bills Fargate for this time.
    """

    wait_seconds: float
    seconds: float


@dataclass
class ExecutionUsage:
    """`transitions` include retries. `model_dollars` leaves out calls with an unknown price."""

    invocations: list[Invocation] = field(default_factory=list)
    containers: list[ContainerRun] = field(default_factory=list)
    transitions: int = 0
    model_dollars: float = 0.0


def usage_of(history: Sequence[Mapping[str, Any]]) -> ExecutionUsage:
    """Return what an execution used. `history` has all events, with their data, oldest first.

    A task that was still running when the execution ended counts until then.
    """
    usage = ExecutionUsage(transitions=_transitions(history))
    running: dict[str, Mapping[str, Any]] = {}
    names = state_names(history)
    for event in history:
        name = names[event["id"]]
        if event["type"] == "TaskScheduled":
            running[name] = event
        elif event["type"] in TASK_ENDS and name in running:
            _add(usage, name, running.pop(name), event)
    for name, scheduled in running.items():
        _add(usage, name, scheduled, history[-1])
    return usage


def _transitions(history: Iterable[Mapping[str, Any]]) -> int:
    """Count the entered states and the retries. The start of an execution is a transition too."""
    kinds = [str(event["type"]) for event in history]
    entered = sum(kind.endswith("StateEntered") for kind in kinds)
    retries = kinds.count("TaskScheduled") - kinds.count("TaskStateEntered")
    return entered + max(retries, 0) + min(entered, 1)


def _add(
    usage: ExecutionUsage, name: str, scheduled: Mapping[str, Any], ended: Mapping[str, Any]
) -> None:
    seconds = _seconds(scheduled["timestamp"], ended["timestamp"])
    details = ended.get(TASK_ENDS.get(ended["type"], ""), {})
    match scheduled["taskScheduledEventDetails"]["resourceType"]:
        case "lambda":
            usage.invocations.append(Invocation(name, seconds))
            usage.model_dollars += _paid(details.get("output"))
        case "ecs":
            description = details.get("output") or details.get("cause")
            usage.containers.append(_container_run(description, seconds))


def _seconds(start: datetime, end: datetime) -> float:
    return max((end - start).total_seconds(), 0.0)


def _paid(output: str | None) -> float:
    """Return what the function paid for model calls, according to its result."""
    try:
        usage = _Invoked.model_validate_json(output or "{}").Payload.usage
    except ValidationError:
        return 0.0
    return (usage.dollars or 0.0) if usage else 0.0


def _container_run(description: str | None, seconds: float) -> ContainerRun:
    """Return the run that ECS describes. Without a description, the whole time counts as run; a
    task that never got a host did not run."""
    task = _task(description)
    if task is None:
        return ContainerRun(0.0, seconds)
    created, pulled, stopped = task.CreatedAt, task.PullStartedAt, task.StoppedAt
    if created is None or stopped is None:
        return ContainerRun(0.0, seconds)
    if pulled is None:
        return ContainerRun(_between(created, stopped), 0.0)
    return ContainerRun(_between(created, pulled), _between(pulled, stopped))


def _task(description: str | None) -> _Task | None:
    try:
        return _Task.model_validate(json.loads(description or "null"))
    except (ValueError, ValidationError):
        return None


def _between(start: float, end: float) -> float:
    return max((end - start) / MILLISECONDS, 0.0)
