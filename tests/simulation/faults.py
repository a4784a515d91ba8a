"""Inject faults into the AWS calls of the code under test."""

from __future__ import annotations

import errno
import fnmatch
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Literal

from botocore.exceptions import ConnectionClosedError
from transcribe_speech.main import Interruption

WRITES = (
    "PutObject",
    "CreateMultipartUpload",
    "DeleteObject",
    "DeleteObjects",
    "PutItem",
    "UpdateItem",
    "SendMessage",
    "DeleteMessage",
    "StartExecution",
    "StopExecution",
)
Kind = Literal[
    "kill before",
    "kill after",
    "interrupt",
    "throttle",
    "refuse",
    "fill disk",
    "lose answer",
    "slow",
]
BEFORE: tuple[Kind, ...] = ("kill before", "interrupt", "throttle", "refuse", "fill disk", "slow")
AFTER: tuple[Kind, ...] = ("kill after", "lose answer")


SLOW_SECONDS = 6.0


class ProcessKilledError(BaseException):
    """The process was killed: no code catches this error or writes anything afterwards."""


class ProcessIsDeadError(Exception):
    """Raised in the helper threads of a killed process."""


@dataclass(frozen=True)
class Call:
    """An AWS call by a process on a target: `PublishResults PutObject results/…/result.md`."""

    process: str
    operation: str
    target: str

    def __str__(self) -> str:
        return f"{self.process} {self.operation} {self.target}"


@dataclass
class Fault:
    """A fault at the first `times` calls that match `pattern`, after the first `skip` of them."""

    pattern: str
    kind: Kind
    times: int = 1
    skip: int = 0


@dataclass
class Process:
    """A process. `stopped` is set when it is ended from outside, as ECS stops a container."""

    name: str
    stopped: threading.Event | None = None
    is_killed: bool = False

    @property
    def is_dead(self) -> bool:
        return self.is_killed or (self.stopped is not None and self.stopped.is_set())


NOBODY = Process("test")


@dataclass
class Faults:
    """Injects faults. `plan`: pending faults; `calls`: all calls; `writes`: the durable writes."""

    plan: list[Fault] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    writes: list[Call] = field(default_factory=list)
    happened: list[tuple[Kind, Call]] = field(default_factory=list)
    current: Callable[[], Process] = lambda: NOBODY
    sleep: Callable[[float], None] = time.sleep

    def before(self, operation: str, parameters: dict[str, Any]) -> Any:
        """Return None to let the call continue, or a response to use instead."""
        call = self._call(operation, parameters)
        self._be_dead_if_dead()
        self.calls[str(call)] += 1
        if operation in WRITES:
            self.writes.append(call)
        return self._happen(self._due(call, BEFORE))

    def _be_dead_if_dead(self) -> None:
        if self.current().is_killed:
            raise ProcessIsDeadError
        if self.current().is_dead:
            raise ProcessKilledError

    def _happen(self, kind: Kind | None) -> Any:
        match kind:
            case "kill before":
                self._kill()
            case "interrupt":
                raise Interruption  # what its SIGTERM handler does
            case "fill disk":
                raise OSError(errno.ENOSPC, "No space left on device")
            case "slow":
                self.sleep(SLOW_SECONDS)
            case "throttle":
                return answer(400, {"Error": {"Code": "ThrottlingException", "Message": "busy"}})
            case "refuse":
                return answer(403, {"Error": {"Code": "AccessDenied", "Message": "no"}})
        return None

    def after(self, operation: str, parameters: dict[str, Any]) -> None:
        match self._due(self._call(operation, parameters), AFTER):
            case "kill after":
                self._kill()
            case "lose answer":
                raise ConnectionClosedError(endpoint_url="https://simulated")

    def _call(self, operation: str, parameters: dict[str, Any]) -> Call:
        return Call(self.current().name, operation, target_of(parameters))

    def _due(self, call: Call, kinds: tuple[Kind, ...]) -> Kind | None:
        for fault in self.plan:
            if fault.kind in kinds and fault.times and fnmatch.fnmatch(str(call), fault.pattern):
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                self.happened.append((fault.kind, call))
                return fault.kind
        return None

    def _kill(self) -> None:
        self.current().is_killed = True
        raise ProcessKilledError


def target_of(parameters: dict[str, Any]) -> str:
    """Return the key, row, queue or execution that a call is about."""
    if "Key" in parameters and isinstance(parameters["Key"], dict):
        values = [next(iter(v.values())) if isinstance(v, dict) else v
                  for v in parameters["Key"].values()]  # fmt: skip
        return f"{parameters['TableName']}/{values[0]}"
    if "Item" in parameters:
        return f"{parameters['TableName']}/{parameters['Item'].get('job_id')}"
    if "Delete" in parameters:
        return str(parameters["Delete"]["Objects"][0]["Key"])
    for name in ("Key", "QueueUrl", "name", "executionArn", "Prefix"):
        if name in parameters:
            return str(parameters[name]).rpartition("://")[2].rpartition(":")[2]
    return ""


def answer(status: int, parsed: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return the HTTP response that botocore parses as the service's answer."""
    metadata = {"HTTPStatusCode": status, "HTTPHeaders": {}, "RetryAttempts": 0}
    return SimpleNamespace(status_code=status), parsed | {"ResponseMetadata": metadata}
