"""The limits of an AWS account: Lambda concurrency and container hosts. A fake, for tests only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from simulation.scheduler import Scheduler

SECONDS = {
    "Dispatcher": 0.5,
    "InspectVideo": 3.0,
    "ExtractAudio": 45.0,
    "SummarizeTranscript": 30.0,
    "IndexTranscript": 10.0,
    "PublishResults": 3.0,
}
"""How long a function takes in an account with limits: about as for an hour of video."""
OTHERS_SECONDS = 0.5
LONGEST_RETRY_SECONDS = 300.0
PROVISIONING_SECONDS = 30 * 60.0
"""ECS gives up on a task that has found no host: https://github.com/aws/containers-roadmap/issues/2381"""


class ThrottledError(Exception):
    """The account's concurrency is used up."""


@dataclass
class Account:
    """An account with limits.

    concurrency: of Lambda, over all functions. None means no limit, and functions take no time.
    hosts_from: the moment from which hosts are available; infinity means never."""

    scheduler: Scheduler
    concurrency: int | None = None
    hosts_from: float = 0.0
    host_seconds: float = 0.0
    """The time from the request for a host until it runs the container."""
    on_throttle: Callable[[], None] = lambda: None
    running: int = 0
    throttled: int = 0
    peak: dict[str, int] = field(default_factory=dict)
    """Function → the largest number of concurrent invocations."""
    _running_of: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def function(self, name: str) -> Iterator[None]:
        """Occupy one unit of concurrency during an invocation. Raises ThrottledError."""
        if self.concurrency is None:
            yield
            return
        if self.running >= self.concurrency:
            self.throttled += 1
            self.on_throttle()
            raise ThrottledError(name)
        self._count(name, 1)
        try:
            self.scheduler.sleep(SECONDS.get(name, OTHERS_SECONDS))
            yield
        finally:
            self._count(name, -1)

    def invoke(self, name: str, call: Callable[[], Any], *, retry_seconds: float) -> Any:
        """Invoke asynchronously: Lambda retries throttling with growing delays, for a limited time.

        Raises ThrottledError.
        """
        until, wait = self.scheduler.time + retry_seconds, 1.0
        while True:
            try:
                with self.function(name):
                    return call()
            except ThrottledError:
                if self.scheduler.time + wait > until:
                    raise
                self.scheduler.sleep(wait)
                wait = min(2 * wait, LONGEST_RETRY_SECONDS)

    def wait_for_host(self, cancelled: Any) -> str | None:
        """Return None when a host is available, otherwise ECS's reason why the task got none."""
        wait = max(0.0, self.hosts_from - self.scheduler.time)
        if wait <= PROVISIONING_SECONDS:
            self.scheduler.wait_until(cancelled.is_set, wait + self.host_seconds)
            return None
        self.scheduler.wait_until(cancelled.is_set, PROVISIONING_SECONDS)
        return json.dumps(NO_HOST)

    def _count(self, name: str, change: int) -> None:
        self.running += change
        self._running_of[name] = self._running_of.get(name, 0) + change
        self.peak[name] = max(self.peak.get(name, 0), self._running_of[name])


NO_HOST = {
    "StopCode": "TaskFailedToStart",
    "StoppedReason": "RESOURCE:GPU",
    "LastStatus": "STOPPED",
    "DesiredStatus": "STOPPED",
    "Containers": [{"Name": "TranscribeSpeech", "LastStatus": "STOPPED"}],
}
