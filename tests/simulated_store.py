"""A simulated S3 object that measures how long reads of its ranges would take."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from concurrent.futures import Executor, Future
from io import BytesIO
from typing import Any

from lifestream.aws.read_ahead import PARALLEL

BYTES_PER_SECOND = 75e6
"""Of a function's network."""
LATENCY_SECONDS = 0.03
"""To the first byte of an answer."""


class Bucket:
    """A sparse object: pieces at offsets, with zeros in between. It counts the fetched bytes."""

    def __init__(self, size: int, pieces: Mapping[int, bytes]) -> None:
        self.size, self._pieces = size, pieces
        self._offsets = sorted(pieces)
        self._longest = max(map(len, pieces.values()))
        self.requests, self.fetched = 0, 0

    def head_object(self, **_: Any) -> dict[str, Any]:
        return {"ContentLength": self.size, "ETag": '"e"', "Metadata": {}}

    def get_object(self, **asked: Any) -> dict[str, Any]:
        first, last = map(int, asked["Range"].removeprefix("bytes=").split("-"))
        body = bytearray(last + 1 - first)
        nearest = bisect_left(self._offsets, first - self._longest)
        for offset in self._offsets[nearest : bisect_right(self._offsets, last)]:
            cut = self._pieces[offset][max(0, first - offset) : last + 1 - offset]
            start = max(0, offset - first)
            body[start : start + len(cut)] = cut
        self.requests += 1
        self.fetched += len(body)
        answered = f"bytes {first}-{last}/{self.size}"
        return {"Body": BytesIO(bytes(body)), "ContentRange": answered}


class SimulatedStore(Executor):
    """A pool of fetching threads with its own clock, so that no real time passes.

    The threads share the bandwidth. `seconds`: the time at which the last awaited result arrived.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._threads_free_at = [0.0] * PARALLEL
        self._line_free_at = 0.0

    def submit(self, work: Any, /, *args: Any, **options: Any) -> Future[Any]:
        data = work(*args, **options)
        thread = self._threads_free_at.index(min(self._threads_free_at))
        begins = max(self.seconds, self._threads_free_at[thread]) + LATENCY_SECONDS
        self._line_free_at = max(begins, self._line_free_at) + len(data) / BYTES_PER_SECOND
        self._threads_free_at[thread] = self._line_free_at
        return Fetched(self, data, there_at=self._line_free_at)


class Fetched(Future[Any]):
    def __init__(self, store: SimulatedStore, data: bytes, *, there_at: float) -> None:
        super().__init__()
        self._store = store
        self._there_at = there_at
        self.set_result(data)

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the result, on the store's clock."""
        self._store.seconds = max(self._store.seconds, self._there_at)
        return super().result(timeout)
