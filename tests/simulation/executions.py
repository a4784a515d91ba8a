"""Step Functions' API over the real executor, in the simulation's time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cdk_app.local.asl.errors import ExecutionStoppedError, ExecutionTimedOutError, StateError
from cdk_app.local.asl.executor import Execution, Invoke
from cdk_app.local.synthesis import ROOT
from simulation.faults import answer
from simulation.scheduler import Scheduler

Answer = tuple[Any, dict[str, Any]]


@dataclass
class Record:
    """An execution as DescribeExecution shows it, and its history."""

    executionArn: str  # noqa: N815  # the API's names
    name: str
    input: str
    status: str = "RUNNING"
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def described(self) -> dict[str, Any]:
        fields = ("executionArn", "name", "input", "status", "output", "error", "cause")
        return {name: getattr(self, name) for name in fields}


class SimulatedExecutions:
    """The executions. An execution keeps the `definition` that it started with."""

    def __init__(
        self,
        scheduler: Scheduler,
        machine_arn: str,
        *,
        invoke: Invoke,
        on_end: Callable[[dict[str, Any]], None],
    ) -> None:
        self.definition = snapshot()
        self.records: dict[str, Record] = {}
        self._scheduler = scheduler
        self._prefix = machine_arn.replace(":stateMachine:", ":execution:")
        self._invoke = invoke
        self._on_end = on_end

    def answer(self, operation: str, parameters: dict[str, Any]) -> Answer:
        """Return the HTTP response that botocore parses as the service's answer."""
        match operation:
            case "StartExecution":
                return self._start(parameters["name"], parameters["input"])
            case "ListExecutions":
                return answer(200, {"executions": [r.described for r in self.records.values()]})
        record = self.records.get(parameters["executionArn"].rpartition(":")[2])
        if record is None:
            return _refusal("ExecutionDoesNotExist")
        match operation:
            case "DescribeExecution":
                return answer(200, record.described)
            case "StopExecution":
                self.end(record, "ABORTED", cause=parameters.get("cause"))
                return answer(200, {})
            case "GetExecutionHistory":
                order = -1 if parameters.get("reverseOrder") else 1
                events = record.events[::order]
                return answer(200, {"events": events[: parameters.get("maxResults", 1_000)]})
        raise NotImplementedError(operation)

    def end(self, record: Record, status: str, **changes: Any) -> None:
        """End the execution, unless it has ended already."""
        if record.status != "RUNNING":
            return
        record.status = status
        for name, value in changes.items():
            setattr(record, name, value)
        self._on_end(record.described)

    def running(self) -> list[Record]:
        return [record for record in self.records.values() if record.status == "RUNNING"]

    def _start(self, name: str, given: str) -> Answer:
        known = self.records.get(name)
        if known and (known.status != "RUNNING" or known.input != given):
            return _refusal("ExecutionAlreadyExists")
        if known is None:
            record = self.records[name] = Record(f"{self._prefix}:{name}", name, given)
            definition = self.definition
            self._scheduler.spawn(lambda: self._run(record, definition))
        return answer(200, {"executionArn": self.records[name].executionArn, "startDate": 0})

    def _run(self, record: Record, definition: dict[str, Any]) -> None:
        given = json.loads(record.input)
        context = {"Id": record.executionArn, "Name": record.name, "Input": given}
        execution = Execution(
            definition=definition,
            context={"Execution": context},
            invoke=self._invoke,
            record=lambda *event: _append(record.events, self._scheduler.now(), *event),
            is_stopped=lambda: record.status != "RUNNING",
            clock=self._scheduler,
            draw=self._scheduler.rng.random,
        )
        try:
            output = execution.run(given)
            self.end(record, "SUCCEEDED", output=json.dumps(output))
        except StateError as error:
            self.end(record, "FAILED", error=error.error, cause=error.cause)
        except ExecutionTimedOutError:
            self.end(record, "TIMED_OUT")
        except ExecutionStoppedError:
            return
        except Exception as error:
            self.end(record, "FAILED", error="States.Runtime", cause=repr(error))
            raise


@cache
def snapshot() -> dict[str, Any]:
    """The synthesized state machine; a test keeps the file current."""
    definition: dict[str, Any] = json.loads((ROOT / "docs" / "statemachine.asl.json").read_text())
    return definition


def _append(
    events: list[dict[str, Any]], now: float, kind: str, previous: int, details: dict[str, Any]
) -> int:
    number, moment = len(events) + 1, datetime.fromtimestamp(now, UTC)
    event = {"id": number, "timestamp": moment, "type": kind, "previousEventId": previous}
    events.append(event | details)
    return len(events)


def _refusal(code: str) -> Answer:
    return answer(400, {"Error": {"Code": code, "Message": code}})
