"""Write the progress of both engines to the job's row."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from botocore.exceptions import BotoCoreError, ClientError

from lifestream.domain.progress import Progress, ProgressMeter
from lifestream.domain.step_payloads import InspectedJob
from lifestream.observability import logger
from lifestream.resources import job_table

INTERVAL_SECONDS = 2.0


class Heartbeat:
    """Called from the threads of both engines. Writes every other second at most."""

    def __init__(
        self,
        job: InspectedJob,
        total_seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._job = job
        self._clock = clock
        self._lock = Lock()
        self._done = {"recognition": 0.0, "diarization": 0.0}
        self._last = clock()
        self._meter = ProgressMeter(total_seconds, moment=self._last)

    def recognized(self, seconds: float) -> None:
        self._beat("recognition", seconds)

    def diarized(self, seconds: float) -> None:
        self._beat("diarization", seconds)

    def _beat(self, engine: str, seconds: float) -> None:
        with self._lock:
            self._done[engine] = max(seconds, self._done[engine])
            now = self._clock()
            if now - self._last < INTERVAL_SECONDS:
                return
            self._last = now
            done = sum(self._done.values()) / len(self._done)
            self._show(self._meter.at(done, moment=now))

    def _show(self, progress: Progress) -> None:
        """Write the progress. If AWS fails, the job goes on without."""
        try:
            job_table().show_progress(self._job, progress)
        except (BotoCoreError, ClientError) as error:
            logger.warning("progress not shown", extra={"error": type(error).__name__})
