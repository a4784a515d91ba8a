"""ECS's API over the containers of the simulation. Fakes: for tests only."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from simulation.faults import answer

ARN = "arn:aws:ecs:us-east-1:123456789012:task/gpu/{number}"


@dataclass
class Task:
    """A task. StopTask sets `is_stopped`; the state machine sets `environment`."""

    arn: str
    environment: dict[str, str]
    created_at: datetime
    is_stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def described(self) -> dict[str, Any]:
        pairs = [{"name": name, "value": value} for name, value in self.environment.items()]
        overrides = {"containerOverrides": [{"name": "TranscribeSpeech", "environment": pairs}]}
        return {"taskArn": self.arn, "createdAt": self.created_at, "overrides": overrides}


@dataclass
class Cluster:
    tasks: dict[str, Task] = field(default_factory=dict)
    hosts: list[datetime] = field(default_factory=list)
    """When each host without a container has started."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    stopped: list[str] = field(default_factory=list)
    """The reasons given to StopTask."""
    _started: int = 0

    def start(self, environment: dict[str, str]) -> Task:
        self._started += 1
        task = Task(ARN.format(number=self._started), environment, self.now())
        self.tasks[task.arn] = task
        return task

    def end(self, task: Task) -> None:
        del self.tasks[task.arn]

    def answer(self, operation: str, parameters: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Return the HTTP response that botocore parses as ECS's answer."""
        match operation:
            case "ListTasks":
                return answer(200, {"taskArns": list(self.tasks)})
            case "DescribeTasks":
                found = [self.tasks[arn] for arn in parameters["tasks"] if arn in self.tasks]
                return answer(200, {"tasks": [task.described for task in found], "failures": []})
            case "ListContainerInstances":
                names = [str(number) for number, _ in enumerate(self.hosts)]
                return answer(200, {"containerInstanceArns": names})
            case "DescribeContainerInstances":
                hosts = [_described(name, self.hosts) for name in parameters["containerInstances"]]
                return answer(200, {"containerInstances": hosts, "failures": []})
            case "StopTask":
                self.tasks[parameters["task"]].is_stopped.set()
                self.stopped.append(parameters["reason"])
                return answer(200, {"task": {}})
        raise NotImplementedError(operation)


def _described(name: str, hosts: list[datetime]) -> dict[str, Any]:
    return {
        "containerInstanceArn": name,
        "registeredAt": hosts[int(name)],
        "runningTasksCount": 0,
        "pendingTasksCount": 0,
    }
