"""Provide time and threads to the executor. Tests pass a clock with simulated time."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

POLL_SECONDS = 0.2
"""How often `WallClock.wait_until` checks for an abort. It notices the end of a call at once."""


class Clock(Protocol):
    def now(self) -> float:
        """Return seconds since an arbitrary start."""

    def wait_until(self, condition: Callable[[], bool], seconds: float | None) -> None:
        """Return when `condition()` is true, or after `seconds`. None means no limit."""

    def start(self, call: Callable[[], None]) -> None:
        """Run the call concurrently."""


class WallClock:
    """The machine's own time and threads."""

    def __init__(self) -> None:
        self._call_ended = threading.Condition()

    def now(self) -> float:
        return time.monotonic()

    def wait_until(self, condition: Callable[[], bool], seconds: float | None) -> None:
        """Check the condition whenever a call has ended, and every POLL_SECONDS."""
        until = None if seconds is None else self.now() + seconds
        with self._call_ended:
            while not condition():
                left = POLL_SECONDS if until is None else min(POLL_SECONDS, until - self.now())
                if left <= 0:
                    return
                self._call_ended.wait(left)

    def start(self, call: Callable[[], None]) -> None:
        threading.Thread(target=self._run, args=(call,), daemon=True).start()

    def _run(self, call: Callable[[], None]) -> None:
        call()
        with self._call_ended:
            self._call_ended.notify_all()


class Background:
    """A concurrent call, which runs in a copy of the caller's context."""

    def __init__(self, call: Callable[[], Any], clock: Clock) -> None:
        self.is_done = False
        self._call = call
        self._value: Any = None
        self._error: BaseException | None = None
        context = contextvars.copy_context()
        clock.start(lambda: context.run(self._run))

    def _run(self) -> None:
        try:
            self._value = self._call()
        except BaseException as error:  # noqa: BLE001  # raised again by result()
            self._error = error
        self.is_done = True

    def result(self) -> Any:  # any JSON
        """Return the call's result, or raise its error. Call it only when `is_done`."""
        if self._error is not None:
            raise self._error
        return self._value
