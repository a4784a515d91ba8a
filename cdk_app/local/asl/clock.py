"""Time and threads as the executor sees them; a test may bring its own time."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

POLL_SECONDS = 0.2
"""How long it may take until an abort is seen; the end of a call is seen at once."""


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since some moment."""

    def wait_until(self, is_so: Callable[[], bool], seconds: float | None) -> None:
        """Returns when `is_so()`, or after `seconds`; None waits for ever."""

    def start(self, call: Callable[[], None]) -> None:
        """Runs the call beside the caller."""


class WallClock:
    """The machine's own time and threads."""

    def __init__(self) -> None:
        self._something_ended = threading.Condition()

    def now(self) -> float:
        return time.monotonic()

    def wait_until(self, is_so: Callable[[], bool], seconds: float | None) -> None:
        """Looks at once when a call has ended, and otherwise five times a second."""
        until = None if seconds is None else self.now() + seconds
        with self._something_ended:
            while not is_so():
                left = POLL_SECONDS if until is None else min(POLL_SECONDS, until - self.now())
                if left <= 0:
                    return
                self._something_ended.wait(left)

    def start(self, call: Callable[[], None]) -> None:
        threading.Thread(target=self._run, args=(call,), daemon=True).start()

    def _run(self, call: Callable[[], None]) -> None:
        call()
        with self._something_ended:
            self._something_ended.notify_all()


class Background:
    """A call beside the caller, in the caller's context."""

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
        if self._error is not None:
            raise self._error
        return self._value
