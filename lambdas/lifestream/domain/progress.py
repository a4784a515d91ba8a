"""How far an engine is in, what people want to know about it out: share, speed, time left."""

from __future__ import annotations

from lifestream.domain.base import Frozen

SMOOTHING = 0.3
"""Weight of the newest measurement in the moving average of the speed."""


class Progress(Frozen):
    """`fraction` of the work, 0 to 1; `speed` is seconds of audio a second; None: not known yet."""

    fraction: float
    speed: float | None = None
    seconds_left: float | None = None


class ProgressMeter:
    """Exponentially weighted moving average, so that the estimate follows the machine's mood.

    `total_seconds` of audio; `moment` is any clock in seconds, and never goes back.
    """

    def __init__(self, total_seconds: float, *, moment: float) -> None:
        self._total = max(total_seconds, 0.001)
        self._done, self._moment = 0.0, moment
        self._speed: float | None = None

    def at(self, done_seconds: float, *, moment: float) -> Progress:
        done = min(max(done_seconds, self._done), self._total)
        passed = moment - self._moment
        if passed > 0:
            speed = (done - self._done) / passed
            before = speed if self._speed is None else self._speed
            self._speed = SMOOTHING * speed + (1 - SMOOTHING) * before
            self._done, self._moment = done, moment
        return Progress(
            fraction=round(done / self._total, 3),
            speed=round(self._speed, 2) if self._speed else None,
            seconds_left=round((self._total - done) / self._speed) if self._speed else None,
        )
