"""The services that the state machine calls: Lambda, the container, SQS and DynamoDB."""

from __future__ import annotations

import importlib
import json
import os
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError
from transcribe_speech.main import Interruption

from builders import LAMBDA_CONTEXT
from cdk_app.local.asl.errors import StateError
from conftest import SLOTS, Aws
from lifestream import settings
from lifestream.aws import clients
from lifestream.step_names import Step
from simulation.account import Account, ThrottledError
from simulation.cluster import Cluster
from simulation.faults import Process, ProcessKilledError
from simulation.scheduler import Scheduler

CONTAINER_MAIN = "transcribe_speech.main"
CONTAINER_SECONDS = 60.0


@dataclass
class Services:
    """Calls the handlers and the container's `main`, each in a process that a fault may kill."""

    aws: Aws
    scheduler: Scheduler
    account: Account
    cluster: Cluster
    container_starts: Counter[str] = field(default_factory=Counter)
    """By job id."""
    host_waits: Counter[str] = field(default_factory=Counter)
    """Job id → how often ECS gave up on finding a host."""
    peak_containers: int = 0
    refusals: list[Exception] = field(default_factory=list)
    """ECS's answers to the next RunTask calls."""
    does_nothing: bool = False
    """If true, the container does nothing and exits with 0."""
    hangs: set[str] = field(default_factory=set)
    """Steps that never return."""
    outlives_its_state: bool = False
    """If true, the container continues after its state has ended, until StopTask."""

    @property
    def running_containers(self) -> int:
        return len(self.cluster.tasks)

    def in_process(
        self, name: str, call: Callable[[], Any], cancelled: threading.Event | None = None
    ) -> Any:
        """Run the call in its own process, which a fault may kill."""
        line = self.scheduler.current
        assert line is not None
        outer, line.process = line.process, Process(name, cancelled)
        try:
            return call()
        finally:
            line.process = outer

    def invoke(self, resource: str, arguments: Any, cancelled: threading.Event) -> Any:
        if resource.endswith("sqs:sendMessage"):
            return self._send(arguments)
        if resource.endswith("dynamodb:getItem"):
            return self._dynamodb("get_item", arguments)
        if resource.endswith("dynamodb:updateItem"):
            return self._dynamodb("update_item", arguments)
        if resource.endswith("ecs:runTask.sync"):
            return self._run_task(arguments, cancelled)
        step = next(step for step in Step if arguments["FunctionName"].startswith(step))
        return {"Payload": self._run_lambda(step, arguments["Payload"], cancelled)}

    def _send(self, arguments: dict[str, Any]) -> Any:
        try:
            self.in_process(
                "StepFunctions",
                lambda: clients.sqs().send_message(
                    QueueUrl=self.aws.dlq_url, MessageBody=arguments["MessageBody"]
                ),
            )
        except ClientError as error:
            raise StateError("SQS.AmazonSQSException", str(error)) from error
        except (ProcessKilledError, ConnectionClosedError):
            raise StateError("SQS.SdkClientException", "no answer") from None
        return {}

    def _dynamodb(self, call: str, arguments: dict[str, Any]) -> Any:
        """Call DynamoDB with its own JSON format, as Step Functions does."""
        client = clients._session().client("dynamodb")
        request = arguments | {"TableName": SLOTS}
        try:
            answer = self.in_process("StepFunctions", lambda: getattr(client, call)(**request))
        except ClientError as error:
            raise StateError(f"DynamoDB.{error.response['Error']['Code']}", str(error)) from error
        except (ProcessKilledError, ConnectionClosedError):
            raise StateError("DynamoDB.SdkClientException", "no answer") from None
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}

    def _run_lambda(self, step: Step, payload: Any, cancelled: threading.Event) -> Any:
        handler = importlib.import_module(f"steps.{step.module_name}").handler
        if step in self.hangs:
            self.scheduler.wait_until(cancelled.is_set, None)
        try:
            with self.account.function(step):
                answer = self.in_process(
                    step, lambda: handler(json.loads(json.dumps(payload)), LAMBDA_CONTEXT)
                )
        except ThrottledError:
            raise StateError("Lambda.TooManyRequestsException", "Rate Exceeded.") from None
        except ProcessKilledError:
            raise StateError("Runtime.ExitError", '{"errorMessage": "killed"}') from None
        except Exception as error:
            cause = json.dumps({"errorMessage": str(error), "errorType": type(error).__name__})
            raise StateError(type(error).__name__, cause) from error
        return json.loads(json.dumps(answer))

    def _run_task(self, arguments: dict[str, Any], cancelled: threading.Event) -> Any:
        [override] = arguments["Overrides"]["ContainerOverrides"]
        environment = {entry["Name"]: entry["Value"] for entry in override["Environment"]}
        job_id = environment["JOB_ID"]
        if self.refusals:
            raise self.refusals.pop()
        if given_up := self.account.wait_for_host(cancelled):
            self.host_waits[job_id] += 1
            raise StateError("States.TaskFailed", given_up)
        self.container_starts[job_id] += 1
        task = self.cluster.start(environment)
        self.peak_containers = max(self.peak_containers, self.running_containers)
        hangs = Step.TRANSCRIBE_SPEECH in self.hangs

        def is_over() -> bool:
            is_abandoned = cancelled.is_set() and not self.outlives_its_state
            return task.is_stopped.is_set() or is_abandoned

        try:
            self.scheduler.wait_until(is_over, None if hangs else CONTAINER_SECONDS)
            code = self._exit_code(environment, cancelled)
        finally:
            self.cluster.end(task)
        if code:
            container = {"ExitCode": code}
            reason = {"StoppedReason": "Essential container in task exited"}
            raise StateError("States.TaskFailed", json.dumps(reason | {"Containers": [container]}))
        return {}

    def _exit_code(self, environment: dict[str, str], cancelled: threading.Event) -> int:
        def main() -> int:
            if self.does_nothing:
                return 0
            os.environ.update(environment)
            settings.reset()
            code: int = importlib.import_module(CONTAINER_MAIN).main()
            return code

        try:
            exit_code: int = self.in_process(Step.TRANSCRIBE_SPEECH, main, cancelled)
        except ProcessKilledError:
            return 137
        except (Interruption, Exception):  # noqa: BLE001  # Python's own last resort
            return 1
        return exit_code
