"""Ranges of one object, fetched side by side before they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass

FIRST_BYTES = 16 << 10
BLOCK = 4 << 20
PARALLEL = 16
BLOCKS_AHEAD = 8
PIECES_KEPT = 64
BYTES_KEPT = 128 << 20
"""Of this process's memory; in ranges that were fetched, are fetched, or wait to be."""


def fetch_pool() -> Executor:
    """What fetches side by side. Its threads start when they are needed."""
    return ThreadPoolExecutor(PARALLEL)


@dataclass
class Piece:
    start: int
    end: int
    data: Future[bytes]
    is_read: bool = False


class ReadAhead:
    """Who reads on gets blocks that double, and then several at once; who jumps gets little.
    Who knows where they will read next says it with `prefetch`."""

    def __init__(self, fetch: Callable[[int, int], bytes], size: int, pool: Executor) -> None:
        """`fetch`: exactly these bytes, by offset and size. It runs in the pool."""
        self._fetch = fetch
        self._size = size
        self._pool = pool
        self._pieces: list[Piece] = []

    def read_at(self, offset: int, size: int) -> bytes:
        """At most `size` bytes; fewer at the end of a piece or of the file."""
        if size <= 0 or offset >= self._size:
            return b""
        piece = self._holding(offset) or self._next(offset)
        piece.is_read = True
        self._read_on(piece)
        data = piece.data.result()
        return data[offset - piece.start :][:size]

    def prefetch(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Offsets and sizes, in the order in which they will be read."""
        for offset, size in ranges:
            if 0 <= offset < self._size and size > 0 and not self._holding(offset):
                self._start(offset, min(size, BLOCK))

    def _holding(self, offset: int) -> Piece | None:
        return next((p for p in reversed(self._pieces) if p.start <= offset < p.end), None)

    def _next(self, offset: int) -> Piece:
        before = next((p for p in reversed(self._pieces) if p.end == offset), None)
        size = min(2 * (before.end - before.start), BLOCK) if before else FIRST_BYTES
        return self._start(offset, max(size, FIRST_BYTES))

    def _read_on(self, piece: Piece) -> None:
        """Blocks of full size come from reading on, or are told to."""
        end = piece.end
        for _ in range(BLOCKS_AHEAD if piece.end - piece.start == BLOCK else 0):
            if end < self._size and not self._holding(end):
                self._start(end, BLOCK)
            end += BLOCK

    def _start(self, offset: int, size: int) -> Piece:
        end = min(offset + size, self._size)
        piece = Piece(offset, end, self._pool.submit(self._fetch, offset, end - offset))
        self._pieces.append(piece)
        while len(self._pieces) > PIECES_KEPT or self._bytes_kept() > BYTES_KEPT:
            self._forget_one()
        return piece

    def _forget_one(self) -> None:
        """The oldest of those that were read, else the one that waits longest."""
        oldest = next((piece for piece in self._pieces if piece.is_read), self._pieces[0])
        self._pieces.remove(oldest)
        oldest.data.cancel()

    def _bytes_kept(self) -> int:
        return sum(piece.end - piece.start for piece in self._pieces)
