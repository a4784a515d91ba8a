"""Run jobs in a simulated cloud whose services return the errors that AWS documents."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aws_documents import as_cause
from cdk_app.local.asl.errors import StateError
from cdk_app.local.asl.executor import Invoke
from infrastructure.templates import all_states
from lifestream.domain.job import JobStatus
from simulation.executions import snapshot
from simulation.world import simulated

ALWAYS = 1 << 30


@dataclass(frozen=True)
class End:
    """The end of a job. `messages`: its DLQ messages."""

    status: JobStatus
    messages: list[dict[str, Any]]

    @property
    def failure(self) -> dict[str, Any]:
        [message] = self.messages
        failure: dict[str, Any] = message["failure"]
        return failure


def ends(*services: str, errors: Iterable[StateError], times: int = ALWAYS) -> list[End]:
    """Run one job per error, all in one cloud, and return their ends.

    services: parts of the names of the resources or functions that fail
    times: how many calls of each job fail
    """
    with simulated(7) as cloud:
        by_job = {cloud.upload(f"{number}.mp4").job_id: e for number, e in enumerate(errors)}
        failing = Failing(cloud.executions._invoke, services, by_job, times)
        cloud.executions._invoke = failing
        cloud.run_until_idle()
        messages = [json.loads(body) for body in cloud.dlq_messages()]
        return [
            End(
                status=cloud.service.job(job_id).status,
                messages=[message for message in messages if message["job_id"] == job_id],
            )
            for job_id in by_job
        ]


@dataclass
class Failing:
    works: Invoke
    services: tuple[str, ...]
    errors: Mapping[str, StateError]
    """By job id."""
    times: int
    failures: Counter[str] = field(default_factory=Counter)

    def __call__(self, resource: str, arguments: Any, cancelled: threading.Event) -> Any:
        called = f"{resource} {arguments.get('FunctionName')}"
        job_id = next((job_id for job_id in self.errors if job_id in json.dumps(arguments)), "")
        is_due = job_id and self.failures[job_id] < self.times
        if is_due and any(service in called for service in self.services):
            self.failures[job_id] += 1
            raise self.errors[job_id]
        return self.works(resource, arguments, cancelled)


def error_of(example: dict[str, Any], *, size: int = 0) -> StateError:
    """Return the error. `size`: the minimum length of its cause in characters."""
    cause = example["cause"]
    if size and isinstance(cause, dict):
        cause = with_long_overrides(cause, size)
    return StateError(example["error"], as_cause(cause) or "")


def with_long_overrides(task: dict[str, Any], size: int) -> dict[str, Any]:
    """Return the task with the overrides of a job with long options."""
    room = size - len(as_cause(with_environment(task, "")) or "")
    return with_environment(task, "x" * max(room, 0))


def with_environment(task: dict[str, Any], value: str) -> dict[str, Any]:
    [override] = task["Overrides"]["ContainerOverrides"]
    longer = override | {"Environment": [{"Name": "JOB", "Value": value}]}
    return task | {"Overrides": task["Overrides"] | {"ContainerOverrides": [longer]}}


def retries(state: dict[str, Any], error: str) -> int:
    """Return the number of retries of the first Retry rule that names the error."""
    for rule in state.get("Retry", ()):
        if StateError(error).is_named_in(rule["ErrorEquals"]):
            return int(rule["MaxAttempts"])
    return 0


def states_that_call(service: str) -> dict[str, dict[str, Any]]:
    states = all_states(snapshot())
    return {name: s for name, s in states.items() if f":::{service}:" in s.get("Resource", "")}
