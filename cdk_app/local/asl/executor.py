"""Execute a state machine that is written in the Amazon States Language with JSONata.

The executor supports only what our definition uses: Task, Choice, Parallel, Pass, Wait, Succeed
and Fail, with Retry, Catch, variables, time limits and full history. `validation` finds anything
else, so that such a definition is rejected instead of executed wrongly.
Source: https://states-language.net/spec.html
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from cdk_app.local.asl.clock import Background, Clock, WallClock
from cdk_app.local.asl.errors import ExecutionStoppedError, ExecutionTimedOutError, StateError
from cdk_app.local.asl.jsonata import evaluate

MAX_PAYLOAD_BYTES = 262_144
State = dict[str, Any]


class Invoke(Protocol):
    def __call__(self, resource: str, arguments: Any, cancelled: threading.Event) -> Any:
        """Call a service integration; stop when `cancelled` is set. Raises StateError."""


class Record(Protocol):
    def __call__(self, event_type: str, previous: int, details: dict[str, Any]) -> int:
        """Append an event to the history and return its id. `previous` is the previous event's."""


@dataclass
class Scope:
    """The state machine itself, or a branch of a Parallel state. A branch can read the variables
    outside of it; its own are not visible outside."""

    previous: int
    cancelled: threading.Event = field(default_factory=threading.Event)
    parent: Scope | None = None
    variables: dict[str, Any] = field(default_factory=dict)

    @property
    def is_cancelled(self) -> bool:
        return self.cancelled.is_set() or (self.parent is not None and self.parent.is_cancelled)


@dataclass
class Execution:
    """One execution of a state machine.

    context: the context object
    wait_scale: a factor for every wait
    pause_scale: another factor for the waits of Wait states
    draw: the random source for jitter, uniform in [0, 1)
    """

    definition: dict[str, Any]
    context: dict[str, Any]
    invoke: Invoke
    record: Record
    is_stopped: Callable[[], bool] = lambda: False
    wait_scale: float = 1.0
    pause_scale: float = 1.0
    clock: Clock = field(default_factory=WallClock)
    draw: Callable[[], float] = random.random
    deadline: float | None = None

    def run(self, given: Any, *, previous: int = 0) -> Any:  # any JSON
        """Return the output. Raises StateError, ExecutionTimedOutError, ExecutionStoppedError."""
        limit = self.definition.get("TimeoutSeconds")
        self.deadline = self.clock.now() + limit if limit else None
        return self._walk(self.definition, given, Scope(previous))

    def _walk(self, machine: dict[str, Any], given: Any, scope: Scope) -> Any:
        name: str | None = machine["StartAt"]
        while name is not None:
            self._check(scope)
            visit = Visit(self, name, machine["States"][name], given, scope)
            given, name = visit.run()
        return given

    def _check(self, scope: Scope) -> None:
        if self.is_stopped() or scope.is_cancelled:
            raise ExecutionStoppedError
        if self.deadline is not None and self.clock.now() >= self.deadline:
            raise ExecutionTimedOutError

    def sleep(self, seconds: float, scope: Scope) -> None:
        self._wait_until(lambda: False, seconds * self.wait_scale, scope)

    def wait_for(self, call: Background, scope: Scope, seconds: float | None) -> None:
        """Wait until the call has ended. Raises StateError States.Timeout after `seconds`."""
        if not self._wait_until(lambda: call.is_done, seconds, scope):
            raise StateError("States.Timeout")

    def wait_for_all(self, calls: Sequence[Background], scope: Scope) -> None:
        """Wait until all calls have ended. Raises the first error at once."""
        waiting = list(calls)
        while waiting:
            self._wait_until(lambda: any(call.is_done for call in waiting), None, scope)
            for call in [call for call in waiting if call.is_done]:
                call.result()
                waiting.remove(call)

    def _wait_until(
        self, condition: Callable[[], bool], seconds: float | None, scope: Scope
    ) -> bool:
        """Wait for the condition, at most `seconds`, and return whether it is true.

        Raises ExecutionStoppedError or ExecutionTimedOutError as soon as the execution ends.
        """
        left = None if self.deadline is None else self.deadline - self.clock.now()
        limits = [limit for limit in (seconds, left) if limit is not None]
        self.clock.wait_until(
            lambda: condition() or self.is_stopped() or scope.is_cancelled,
            max(0.0, min(limits)) if limits else None,
        )
        self._check(scope)
        return condition()


@dataclass
class Visit:
    """One visit of a state, with its retries."""

    execution: Execution
    name: str
    state: State
    given: Any
    scope: Scope
    retries: int = 0
    entered: str = field(default_factory=lambda: datetime.now(UTC).isoformat())

    def run(self) -> tuple[Any, str | None]:
        """Return the output and the next state's name."""
        kind = self.state["Type"]
        entered = {"name": self.name, "input": json.dumps(self.given)}
        self.log(f"{kind}StateEntered", stateEnteredEventDetails=entered)
        output, next_state = self._with_retries(getattr(self, f"_{kind.lower()}"))
        left = {"name": self.name, "output": _checked_json(output)}
        self.log(f"{kind}StateExited", stateExitedEventDetails=left)
        return output, next_state

    def log(self, event_type: str, **details: Any) -> int:  # any JSON
        self.scope.previous = self.execution.record(event_type, self.scope.previous, details)
        return self.scope.previous

    def value(self, template: Any, **more: Any) -> Any:  # any JSON
        state = {"Name": self.name, "EnteredTime": self.entered, "RetryCount": self.retries}
        context = {**self.execution.context, "State": state}
        states = {"input": self.given, "context": context, **more}
        return evaluate(template, {**self.scope.variables, "states": states})

    def leave(self, rule: dict[str, Any], default: Any, **more: Any) -> Any:  # any JSON
        """Assign variables and return the output, as the state or its Catch or Choice rule says.

        Both are evaluated with the variables from before: neither sees what the other changes.
        """
        output = self.value(rule["Output"], **more) if "Output" in rule else default
        assigned = self.value(rule.get("Assign", {}), **more)
        self.scope.variables = {**self.scope.variables, **assigned}
        return output

    def _with_retries(self, work: Callable[[], tuple[Any, str | None]]) -> tuple[Any, str | None]:
        """Retry; if no retry is left, apply a Catch. Each retrier counts its own attempts."""
        attempts: dict[int, int] = {}
        while True:
            try:
                return work()
            except StateError as error:
                number, retrier = _first(self.state.get("Retry", ()), error)
                used = attempts.get(number, 0)
                if retrier is None or used >= retrier.get("MaxAttempts", 3):
                    return self._caught(error)
                attempts[number] = used + 1
                self.retries += 1
                delay = delay_seconds(retrier, used, self.execution.draw)
                self.execution.sleep(delay, self.scope)

    def _caught(self, error: StateError) -> tuple[Any, str]:
        _, catcher = _first(self.state.get("Catch", ()), error)
        if catcher is None:
            raise error
        output = self.leave(catcher, error.output, errorOutput=error.output)
        return output, catcher["Next"]

    def _finish(self, result: Any) -> tuple[Any, str | None]:  # any JSON
        return self.leave(self.state, result, result=result), self.state.get("Next")

    def _task(self) -> tuple[Any, str | None]:
        resource = self.state["Resource"]
        arguments = self.value(self.state.get("Arguments", self.given))
        kind, _, call = resource.removeprefix("arn:aws:states:::").partition(":")
        names = {"resourceType": kind, "resource": call}
        scheduled = {**names, "region": "", "parameters": _checked_json(arguments)}
        self.log("TaskScheduled", taskScheduledEventDetails=scheduled)
        self.log("TaskStarted", taskStartedEventDetails=names)
        try:
            result = self._invoke(resource, arguments)
            text = _checked_json(result)
        except StateError as error:
            ending = "TimedOut" if error.error == "States.Timeout" else "Failed"
            details = {**names, "error": error.error, "cause": error.cause}
            self.log(f"Task{ending}", **{f"task{ending}EventDetails": details})
            raise
        self.log("TaskSucceeded", taskSucceededEventDetails={**names, "output": text})
        return self._finish(result)

    def _invoke(self, resource: str, arguments: Any) -> Any:  # any JSON
        """Call the integration in a thread, so that a time limit or an abort ends the wait."""
        cancelled = threading.Event()
        invoke, clock = self.execution.invoke, self.execution.clock
        call = Background(lambda: invoke(resource, arguments, cancelled), clock)
        try:
            self.execution.wait_for(call, self.scope, self.state.get("TimeoutSeconds"))
        except BaseException:
            cancelled.set()
            raise
        return call.result()

    def _parallel(self) -> tuple[Any, str | None]:
        self.log("ParallelStateStarted")
        together = Scope(
            self.scope.previous, parent=self.scope, variables=dict(self.scope.variables)
        )
        branches = [
            Background(
                lambda b=branch: self._branch(b, together),  # type: ignore[misc]  # binds b
                self.execution.clock,
            )
            for branch in self.state["Branches"]
        ]
        try:
            self.execution.wait_for_all(branches, self.scope)
        except BaseException:
            together.cancelled.set()
            self.log("ParallelStateFailed")
            raise
        self.log("ParallelStateSucceeded")
        return self._finish([branch.result() for branch in branches])

    def _branch(self, machine: dict[str, Any], together: Scope) -> Any:
        return self.execution._walk(machine, self.given, replace(together))  # noqa: SLF001

    def _choice(self) -> tuple[Any, str | None]:
        for rule in self.state["Choices"]:
            if self.value(rule["Condition"]) is True:
                return self.leave(rule, self.given), rule["Next"]
        if "Default" not in self.state:
            raise StateError("States.NoChoiceMatched", f"no rule of {self.name} matches")
        return self.leave(self.state, self.given), self.state["Default"]

    def _pass(self) -> tuple[Any, str | None]:
        return self._finish(self.given)

    def _wait(self) -> tuple[Any, str | None]:
        seconds = float(self.value(self.state["Seconds"])) * self.execution.pause_scale
        self.execution.sleep(seconds, self.scope)
        return self._finish(self.given)

    def _succeed(self) -> tuple[Any, None]:
        return self._finish(self.given)[0], None

    def _fail(self) -> tuple[Any, None]:
        raise StateError(
            str(self.value(self.state.get("Error", ""))),
            str(self.value(self.state.get("Cause", ""))),
        )


def delay_seconds(
    retrier: dict[str, Any], used: int, draw: Callable[[], float] = random.random
) -> float:
    """Return the delay before the next attempt, after `used` retries."""
    delay = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** used
    delay = min(delay, retrier.get("MaxDelaySeconds", delay))
    is_jittered = retrier.get("JitterStrategy") == "FULL"
    return float(delay * draw() if is_jittered else delay)


def _first(rules: Any, error: StateError) -> tuple[int, dict[str, Any] | None]:
    """Return the first Retry or Catch entry that matches the error, and its position."""
    for number, rule in enumerate(rules):
        if error.is_named_in(rule["ErrorEquals"]):
            return number, rule
    return -1, None


def _checked_json(value: Any) -> str:  # any JSON
    text = json.dumps(value)
    if len(text.encode()) > MAX_PAYLOAD_BYTES:
        raise StateError("States.DataLimitExceeded", f"{len(text)} bytes from one state to another")
    return text
