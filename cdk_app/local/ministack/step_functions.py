"""Patch Step Functions: run executions with our executor instead of MiniStack's.

MiniStack's executor ignores jitter, maximum delays and time limits, waits for all branches of a
failed Parallel state, writes no history for them, and does not check the permissions of the state
machine's role. MiniStack's API, storage, and Lambda and SQS calls remain in use.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from cdk_app.local.asl.errors import ExecutionStoppedError, ExecutionTimedOutError, StateError
from cdk_app.local.asl.executor import Execution
from cdk_app.local.asl.validation import problems
from cdk_app.local.ministack import require
from cdk_app.local.ministack.permissions import refusal
from cdk_app.local.ministack.state_machine_role import (
    managed_rule_problem,
    require_allowed,
    require_permission,
)

POLL_SECONDS = 0.05
MACHINE_TYPE = "AWS::StepFunctions::StateMachine"
PATCHED = (
    "_run_execution",
    "_create_state_machine",
    "_start_execution",
    "_invoke_resource",
    "_ExecutionError",
    "_executions",
    "_state_machines",
    "_emit_execution_status_event",
)


PAUSE_SCALE = 0.1
"""Shortens Wait states, because a person waits for the job, and polling for a slot is free here.
A job still waits for hours before it fails, because it polls as often as on AWS."""


def install(*, wait_scale: float) -> None:
    from ministack.services import stepfunctions
    from ministack.services.cloudformation import provisioners

    missing = [name for name in PATCHED if not hasattr(stepfunctions, name)]
    require(not missing, f"Step Functions without {missing}")
    create, start = stepfunctions._create_state_machine, stepfunctions._start_execution  # noqa: SLF001
    stepfunctions._run_execution = lambda arn: RunningExecution(arn, wait_scale).run()  # noqa: SLF001
    stepfunctions._create_state_machine = lambda data: _refuse(data) or create(data)  # noqa: SLF001
    stepfunctions._start_execution = lambda data: _already_running(data) or start(data)  # noqa: SLF001
    handlers: dict[str, Any] = provisioners._RESOURCE_HANDLERS  # noqa: SLF001
    require("create" in handlers.get(MACHINE_TYPE, {}), "CloudFormation's state machines")
    handler = handlers[MACHINE_TYPE]
    handlers[MACHINE_TYPE] = handler | {"create": _checked(handler["create"])}


def _refuse(data: dict[str, Any]) -> Any:  # MiniStack's response triple
    from ministack.core.responses import error_response_json

    problem = _problem(data.get("roleArn", ""), data.get("definition", "{}"))
    return error_response_json(*problem, 400) if problem else None


def _checked(create: Callable[..., Any]) -> Callable[..., Any]:
    """Check a state machine that CloudFormation creates, because it bypasses the API.

    The message of the ValueError becomes the status reason of the resource.
    """
    from ministack.services.cloudformation import provisioners

    def create_checked(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        definition = provisioners._sfn_definition(properties)  # noqa: SLF001
        if problem := _problem(properties["RoleArn"], definition):
            raise ValueError(": ".join(problem))
        return create(logical_id, properties, stack)

    return create_checked


def _problem(role: str, definition: str) -> tuple[str, str] | None:
    """Return an error code and message if AWS or our executor would reject the state machine."""
    if found := list(problems(json.loads(definition))):
        return "InvalidDefinition", "; ".join(found)
    if problem := managed_rule_problem(role, definition):
        return "AccessDeniedException", problem
    return None


def _already_running(data: dict[str, Any]) -> Any:  # MiniStack's response triple
    """Answer a repeated start of a running execution like the first, if the input is the same."""
    from ministack.core.responses import json_response
    from ministack.services import stepfunctions

    machine, name = data.get("stateMachineArn", ""), data.get("name")
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
    running = stepfunctions._executions.get(arn)  # noqa: SLF001
    if not running or running["status"] != "RUNNING" or running["input"] != data.get("input"):
        return None
    return json_response({"executionArn": arn, "startDate": running["startDate"]})


class RunningExecution:
    """Runs one of MiniStack's execution records with our executor."""

    def __init__(self, arn: str, wait_scale: float) -> None:
        from ministack.services import stepfunctions

        self._service = stepfunctions
        self._record = stepfunctions._executions[arn]  # noqa: SLF001
        self._machine = stepfunctions._state_machines[self._record["stateMachineArn"]]  # noqa: SLF001
        self._wait_scale = wait_scale
        self._lock = threading.Lock()

    def run(self) -> None:
        given = json.loads(self._record["input"])
        self._record["events"][0].setdefault("previousEventId", 0)
        execution = Execution(
            definition=json.loads(self._machine["definition"]),
            context=self._context(given),
            invoke=self._invoke,
            record=self._append,
            is_stopped=lambda: self._record["status"] != "RUNNING",
            wait_scale=self._wait_scale,
            pause_scale=PAUSE_SCALE,
        )
        try:
            output = json.dumps(execution.run(given, previous=1))
            self._end("SUCCEEDED", {"output": output}, output=output)
        except StateError as error:
            self._end("FAILED", error.output, error=error.error, cause=error.cause)
        except ExecutionTimedOutError:
            self._end("TIMED_OUT", {"error": "States.Timeout"}, error="States.Timeout")
        except ExecutionStoppedError:
            return
        except Exception as error:  # a bug of ours must not leave it RUNNING forever
            self._end(
                "FAILED", {"error": "States.Runtime"}, error="States.Runtime", cause=repr(error)
            )
            raise

    def _invoke(self, resource: str, arguments: Any, cancelled: threading.Event) -> Any:
        return invoke(resource, arguments, cancelled, self._machine["roleArn"])

    def _context(self, given: Any) -> dict[str, Any]:  # any JSON
        return {
            "Execution": {
                "Id": self._record["executionArn"],
                "Input": given,
                "Name": self._record["name"],
                "RoleArn": self._machine["roleArn"],
                "StartTime": self._record["startDate"],
                "RedriveCount": 0,
            },
            "StateMachine": {
                "Id": self._record["stateMachineArn"],
                "Name": self._machine["name"],
            },
        }

    def _append(self, event_type: str, previous: int, details: dict[str, Any]) -> int:
        with self._lock:
            number = len(self._record["events"]) + 1
            event = {"id": number, "type": event_type, "previousEventId": previous, **details}
            self._record["events"].append(event | {"timestamp": self._service.now_iso()})
            return number

    def _end(self, status: str, details: dict[str, str], **changes: str) -> None:
        if self._record["status"] != "RUNNING":
            return
        name = "".join(part.capitalize() for part in status.split("_"))
        lower = {key[0].lower() + key[1:]: value for key, value in details.items()}
        previous = self._record["events"][-1]["id"]
        self._append(f"Execution{name}", previous, {f"execution{name}EventDetails": lower})
        self._record.update(status=status, stopDate=self._service.now_iso(), **changes)
        self._service._emit_execution_status_event(self._record)  # noqa: SLF001


def invoke(resource: str, arguments: Any, cancelled: threading.Event, role: str) -> Any:
    """Call a service integration with the permissions of `role`. Raises StateError."""
    from ministack.services import stepfunctions

    require_permission(role, resource, arguments)
    try:
        if resource.endswith("ecs:runTask.sync"):
            return run_task(arguments, cancelled, role)
        return stepfunctions._invoke_resource(resource, arguments)  # noqa: SLF001
    except stepfunctions._ExecutionError as error:  # noqa: SLF001
        raise StateError(error.error, error.cause or "") from error


def run_task(arguments: dict[str, Any], cancelled: threading.Event, role: str) -> dict[str, Any]:
    """Run an ECS task, wait until it stops (`.sync`), and return its description.

    If `cancelled` is set, the task is stopped, provided that the role allows it, as when AWS
    aborts the state. Raises StateError if the task does not start or exits with an error.
    """
    from ministack.services import ecs, stepfunctions

    request = stepfunctions._pascal_to_camel(arguments)  # noqa: SLF001
    cluster = request.get("cluster", "default")
    status, _, body = ecs._run_task(request | {"startedBy": "AWS Step Functions"})  # noqa: SLF001
    answer = json.loads(body)
    if status >= 400 or answer.get("failures"):  # noqa: PLR2004  # HTTP
        raise StateError("ECS.AmazonECSException", json.dumps(answer))
    arn = answer["tasks"][0]["taskArn"]
    require_allowed(role, "ecs", "ecs:DescribeTasks", arn)
    while True:
        task = json.loads(ecs._describe_tasks({"cluster": cluster, "tasks": [arn]})[2])["tasks"][0]  # noqa: SLF001
        if task["lastStatus"] == "STOPPED":
            break
        if cancelled.is_set() and not refusal(role, "ecs:StopTask", arn):
            ecs._stop_task({"cluster": cluster, "task": arn, "reason": "execution stopped"})  # noqa: SLF001
        time.sleep(POLL_SECONDS)
    described: dict[str, Any] = pascal_case(in_milliseconds(task))
    codes = [container.get("ExitCode") for container in described["Containers"]]
    if described.get("StopCode") == "TaskFailedToStart" or any(code != 0 for code in codes):
        raise StateError("States.TaskFailed", json.dumps(described))
    return described


def in_milliseconds(task: dict[str, Any]) -> dict[str, Any]:
    """Convert the times of an ECS task from seconds, as Step Functions does."""
    return {
        name: round(value * 1000) if name.endswith("At") and isinstance(value, float) else value
        for name, value in task.items()
    }


def pascal_case(value: Any) -> Any:  # any JSON
    if isinstance(value, list):
        return [pascal_case(item) for item in value]
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: pascal_case(item) for key, item in value.items()}
    return value
