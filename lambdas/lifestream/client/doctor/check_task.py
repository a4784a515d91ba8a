"""Run the container's own `--check` as a task on a job's host: driver, CUDA, memory, models.

On managed instances a task without a host waits in PROVISIONING, and ends as TaskFailedToStart:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/standalone-tasks.html
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lifestream.client.commands.terminal import advice_to
from lifestream.client.doctor.findings import Finding, failed, ok
from lifestream.errors import ConfigurationError, PipelineError, all_errors
from lifestream.step_names import Step

if TYPE_CHECKING:
    from lifestream.client.doctor.deployed import DeployedStage
    from lifestream.settings import DoctorSettings

WHAT = "container check"
CONTAINER = Step.TRANSCRIBE_SPEECH
POLL_SECONDS = 5.0
LOG_LINES = 30
NO_HOST = "Run `make preflight`: is there quota for a GPU? Or deploy with COMPUTE=cpu"
READ_LOG = "Read the log group {group}"


def check_container(
    stage: DeployedStage, *, timeout_seconds: float, poll_seconds: float = POLL_SECONDS
) -> Iterator[Finding]:
    """Run the check. If no host is running, ECS starts one, which takes minutes and costs cents."""
    run = CheckTask(stage)
    arn = run.start()
    task = run.wait(arn, timeout_seconds, poll_seconds)
    yield run.verdict(task)


class CheckTask:
    def __init__(self, stage: DeployedStage) -> None:
        self._settings = stage.settings
        self._ecs: Any = stage.session.client("ecs")
        self._logs: Any = stage.session.client("logs")

    def start(self) -> str:
        """Start the task and return its ARN. Raises ConfigurationError, ClientError."""
        answer = self._ecs.run_task(**run_task_request(self._settings))
        if answer["failures"]:
            reasons = ", ".join(f["reason"] for f in answer["failures"])
            raise ConfigurationError(f"ECS does not start the task: {reasons}. {NO_HOST}")
        return str(answer["tasks"][0]["taskArn"])

    def wait(self, arn: str, timeout_seconds: float, poll_seconds: float) -> Any:
        """Wait until the task ends, or stop it at the timeout. Return its description."""
        until = time.monotonic() + timeout_seconds
        while (task := self._described(arn))["lastStatus"] != "STOPPED":
            if time.monotonic() >= until:
                self._ecs.stop_task(
                    cluster=self._settings.cluster, task=arn, reason="lifestream doctor gave up"
                )
                return task
            time.sleep(poll_seconds)
        return task

    def _described(self, arn: str) -> Any:
        answer = self._ecs.describe_tasks(cluster=self._settings.cluster, tasks=[arn])
        return answer["tasks"][0]

    def verdict(self, task: Any) -> Finding:
        if task["lastStatus"] != "STOPPED":
            return _given_up(task["lastStatus"])
        code = next((c.get("exitCode") for c in task["containers"] if c["name"] == CONTAINER), None)
        if task.get("stopCode") == "TaskFailedToStart" or code is None:
            reason = task.get("stoppedReason", "ECS gives no reason")
            return failed(WHAT, f"the task did not start: {reason}", NO_HOST)
        lines = self._last_lines(task["taskArn"])
        if code == 0:
            return ok(WHAT, "; ".join(lines) or "passed")
        return self._failed(code, lines)

    def _failed(self, code: int, lines: list[str]) -> Finding:
        wrong = [line for line in lines if error_in(line)] or lines[-1:]
        advice = dict.fromkeys(advice_to(error()) for line in wrong if (error := error_in(line)))
        fallback = READ_LOG.format(group=self._settings.container_logs)
        detail = "; ".join([f"exit code {code}", *wrong])
        return failed(WHAT, detail, " ".join(advice) or fallback)

    def _last_lines(self, task_arn: str) -> list[str]:
        """Return no lines if the log cannot be read: the exit code is known anyway."""
        stream = f"{CONTAINER}/{CONTAINER}/{task_arn.rpartition('/')[2]}"
        try:
            answer = self._logs.get_log_events(
                logGroupName=self._settings.container_logs, logStreamName=stream, limit=LOG_LINES
            )
        except ClientError:
            return []
        return [event["message"].rstrip() for event in answer["events"]]


def run_task_request(settings: DoctorSettings) -> dict[str, Any]:
    """Return the request. Only a task on Fargate needs subnets for its own network interface."""
    request: dict[str, Any] = {
        "cluster": settings.cluster,
        "taskDefinition": settings.task_definition,
        "capacityProviderStrategy": [{"capacityProvider": settings.capacity_provider, "weight": 1}],
        "overrides": {"containerOverrides": [{"name": CONTAINER.value, "command": ["--check"]}]},
        "startedBy": "lifestream doctor",
        "count": 1,
    }
    if settings.compute == "cpu":
        network = {
            "subnets": settings.task_subnets.split(","),
            "securityGroups": [settings.task_security_group],
            "assignPublicIp": settings.task_public_ip,
        }
        request["networkConfiguration"] = {"awsvpcConfiguration": network}
    return request


def error_in(line: str) -> type[PipelineError] | None:
    """Return the error that a line of the check names: `recognition: ModelMissingError: …`."""
    names = {error.__name__: error for error in all_errors()}
    return next((names[word] for word in line.split(": ")[1:2] if word in names), None)


def _given_up(status: str) -> Finding:
    if status == "PROVISIONING":
        return failed(
            WHAT, "no host became available: the task was stopped while PROVISIONING", NO_HOST
        )
    return failed(WHAT, f"the task is stopped: it was still {status}", "Try again with more time")
