"""Measure the progress of an engine: the share done, the speed, and the time left."""

from __future__ import annotations

import math
from typing import Self

from lifestream.domain.base import Frozen

MEMORY_SECONDS = 60.0
"""The speed is that of about the last minute. Engines report in bursts, a batch at a time."""


class Progress(Frozen):
    """How far an engine is.

    Attributes:
        fraction: The share of the work that is done, 0 to 1.
        speed: Seconds of audio per second; None while it is not known.
        seconds_left: None while it is not known.
    """

    fraction: float
    speed: float | None = None
    seconds_left: float | None = None

    def after(self, seconds: float) -> Self:
        """Return the progress some seconds after the report.

        The time left goes down, and is unknown when it has run out before the next report.
        """
        if self.seconds_left is None:
            return self
        left = self.seconds_left - seconds
        return self.model_copy(update={"seconds_left": left if left > 0 else None})


class ProgressMeter:
    """Measures the speed as the ratio of audio to time, in which older reports count less.

    Until `MEMORY_SECONDS` have passed, this is the average since the start. `total_seconds` is the
    length of the audio; `moment` is the time of any monotonic clock, in seconds.
    """

    def __init__(self, total_seconds: float, *, moment: float) -> None:
        self._total = max(total_seconds, 0.001)
        self._done, self._moment = 0.0, moment
        self._audio_seconds, self._passed_seconds = 0.0, 0.0

    def at(self, done_seconds: float, *, moment: float) -> Progress:
        done = min(max(done_seconds, self._done), self._total)
        passed = moment - self._moment
        if passed > 0:
            share = math.exp(-passed / MEMORY_SECONDS)
            self._audio_seconds = self._audio_seconds * share + done - self._done
            self._passed_seconds = self._passed_seconds * share + passed
            self._done, self._moment = done, moment
        speed = self._audio_seconds / self._passed_seconds if self._audio_seconds else None
        return Progress(
            fraction=round(done / self._total, 3),
            speed=round(speed, 2) if speed else None,
            seconds_left=round((self._total - done) / speed) if speed else None,
        )
