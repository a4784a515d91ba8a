"""Run threads one at a time, in a random but repeatable order, in virtual time."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from simulation.faults import Process

HANDOVER_SECONDS = 120
HANDOVERS = 100
"""How often lines go on directly after each other, before the test's thread runs again."""


class AbandonedError(BaseException):
    """Raised in waiting threads when the simulation is over, to end them."""


def held_lock() -> threading.Lock:
    """Return an acquired lock: a thread that acquires it waits until another releases it.

    This is cheaper than a semaphore.
    """
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(eq=False)
class Line:
    """A line of execution, which waits for `is_ready`, at most until `deadline`.

    `process` is the simulated process that it currently runs in, and that a fault may kill.
    """

    process: Process | None = None
    is_ready: Callable[[], bool] = lambda: True
    deadline: float | None = None
    go: threading.Lock = field(default_factory=held_lock)


class Scheduler:
    """Runs one randomly chosen line per `step`, up to its next switch point.

    The same seed leads to the same run.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.time = 0.0
        self._lines: list[Line] = []
        self._by_thread: dict[int, Line] = {}
        self._back = held_lock()
        self._is_over = False
        self._handovers = 0
        """How often lines may still choose the next line themselves."""
        self.is_in_a_hurry = False
        """Find the ready lines again only when all known ones have run: for thousands of lines."""
        self._ready: list[Line] = []
        self.current: Line | None = None

    # The executor's clock

    def now(self) -> float:
        return self.time

    def start(self, call: Callable[[], None]) -> None:
        self.spawn(call)

    def wait_until(self, condition: Callable[[], bool], seconds: float | None) -> None:
        self._pause(condition, None if seconds is None else self.time + seconds)

    # Called by the lines

    def spawn(self, call: Callable[[], None]) -> None:
        line = Line()
        self._lines.append(line)
        threading.Thread(target=self._run, args=(line, call), daemon=True).start()

    def switch(self) -> None:
        """Let other lines run first. Outside of a line, do nothing."""
        if threading.get_ident() in self._by_thread:
            self._pause(lambda: True, None)

    def sleep(self, seconds: float) -> None:
        self._pause(lambda: False, self.time + seconds)

    # Called by the test

    def step(self) -> bool:
        """Run one line. Return False if no line can continue, even at a later time."""
        line = self._draw()
        if line is None:
            deadlines = [line.deadline for line in self._lines if line.deadline is not None]
            if not deadlines:
                return False
            self.time = max(self.time, min(deadlines))
            line = self._draw()
        if line is None:
            raise RuntimeError("nobody can go on although a deadline is over")
        self._let_go(line)
        return True

    def _draw(self) -> Line | None:
        """Return one of the lines that can continue now, or None."""
        line = self._draw_known() if self.is_in_a_hurry else None
        if line is None:
            self._ready = [line for line in self._lines if self._is_ready(line)]
            line = self._draw_known()
        return line

    def _draw_known(self) -> Line | None:
        while self._ready:
            line = self._ready.pop(self.rng.randrange(len(self._ready)))
            if self._is_ready(line):
                return line
        return None

    def run(self, *, until: Callable[[], bool] | None = None) -> None:
        """Run until the condition is true, or until no line can continue.

        Without a condition, a line that pauses starts the next one, and the same order needs fewer
        switches between threads.
        """
        while not (until and until()):
            self._handovers = 0 if until else HANDOVERS
            if not self.step():
                break
        self._handovers = 0

    def abandon(self) -> None:
        self._is_over, self._handovers = True, 0
        while self._lines:
            self._let_go(self._lines[0])

    def _let_go(self, line: Line) -> None:
        self.current = line
        line.go.release()
        if not self._back.acquire(timeout=HANDOVER_SECONDS):
            raise RuntimeError("a line of execution neither ends nor waits")
        self.current = None

    def _is_ready(self, line: Line) -> bool:
        is_late = line.deadline is not None and self.time >= line.deadline
        return is_late or line.is_ready()

    def _pause(self, is_ready: Callable[[], bool], deadline: float | None) -> None:
        line = self._by_thread[threading.get_ident()]
        line.is_ready, line.deadline = is_ready, deadline
        following = self._following()
        if following is line:
            return
        (following.go if following else self._back).release()
        line.go.acquire()
        if self._is_over:
            raise AbandonedError

    def _following(self) -> Line | None:
        """Return the line to run next, or None if the test's thread chooses it."""
        if not self._handovers:
            return None
        self._handovers -= 1
        following = self._draw()
        self.current = following or self.current
        return following

    def _run(self, line: Line, call: Callable[[], None]) -> None:
        line.go.acquire()
        self._by_thread[threading.get_ident()] = line
        try:
            if not self._is_over:
                call()
        except AbandonedError:
            pass
        finally:
            self._lines.remove(line)
            del self._by_thread[threading.get_ident()]
            self._back.release()
