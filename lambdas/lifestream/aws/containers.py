"""List and stop the containers on the stack's cluster, find the execution of each, and list hosts
without a container."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_ecs.type_defs import TaskTypeDef

EXECUTION_NAME = "EXECUTION_NAME"
"""The environment variable that the state machine sets when it starts a container."""


class Container(NamedTuple):
    task_arn: str
    execution_name: str
    created_at: datetime


class Containers:
    def __init__(self, ecs: ECSClient, cluster: str) -> None:
        self._ecs = ecs
        self._cluster = cluster

    def running(self) -> Iterator[Container]:
        """Yield the containers that run or wait for a host.

        Tasks that the state machine did not start are left out: they were run by hand.
        """
        pages = self._ecs.get_paginator("list_tasks").paginate(
            cluster=self._cluster, desiredStatus="RUNNING"
        )
        for page in pages:
            if not page["taskArns"]:
                continue
            answer = self._ecs.describe_tasks(cluster=self._cluster, tasks=page["taskArns"])
            for task in answer["tasks"]:
                if name := _execution_name(task):
                    yield Container(task["taskArn"], name, task["createdAt"])

    def idle_hosts(self, started_before: datetime) -> Iterator[str]:
        """Yield the ARNs of hosts that have no container. Fargate has no hosts of ours."""
        pages = self._ecs.get_paginator("list_container_instances").paginate(cluster=self._cluster)
        for page in pages:
            if not (arns := page["containerInstanceArns"]):
                continue
            answer = self._ecs.describe_container_instances(
                cluster=self._cluster, containerInstances=arns
            )
            for host in answer["containerInstances"]:
                is_idle = not host["runningTasksCount"] + host["pendingTasksCount"]
                if is_idle and host["registeredAt"] <= started_before:
                    yield host["containerInstanceArn"]

    def stop(self, container: Container, *, why: str) -> None:
        self._ecs.stop_task(cluster=self._cluster, task=container.task_arn, reason=why)


def _execution_name(task: TaskTypeDef) -> str | None:
    variables = (
        variable
        for override in task.get("overrides", {}).get("containerOverrides", ())
        for variable in override.get("environment", ())
    )
    return next((v["value"] for v in variables if v.get("name") == EXECUTION_NAME), None)
