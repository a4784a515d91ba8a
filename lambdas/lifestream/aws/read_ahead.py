"""Fetch byte ranges of one object in parallel, before they are read."""

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
"""The most memory for ranges that were fetched, are being fetched, or wait to be fetched."""


def fetch_pool() -> Executor:
    """Return a pool that fetches in parallel. Its threads start when they are needed."""
    return ThreadPoolExecutor(PARALLEL)


@dataclass
class Piece:
    start: int
    end: int
    data: Future[bytes]
    is_read: bool = False


class ReadAhead:
    """Reads one object in pieces.

    A sequential reader gets pieces that double in size, then several pieces in advance; a reader
    that jumps gets small ones. A reader that knows what it will read next calls `prefetch`.
    """

    def __init__(self, fetch: Callable[[int, int], bytes], size: int, pool: Executor) -> None:
        """`fetch(offset, size)` returns exactly these bytes. It runs in the pool."""
        self._fetch = fetch
        self._size = size
        self._pool = pool
        self._pieces: list[Piece] = []

    def read_at(self, offset: int, size: int) -> bytes:
        """Return at most `size` bytes; fewer at the end of a piece or of the file."""
        if size <= 0 or offset >= self._size:
            return b""
        piece = self._piece_at(offset) or self._start_next(offset)
        piece.is_read = True
        self._fetch_ahead(piece)
        data = piece.data.result()
        return data[offset - piece.start :][:size]

    def prefetch(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Start to fetch `ranges`: offsets and sizes, in the order in which they will be read."""
        for offset, size in ranges:
            if 0 <= offset < self._size and size > 0 and not self._piece_at(offset):
                self._start(offset, min(size, BLOCK))

    def _piece_at(self, offset: int) -> Piece | None:
        return next((p for p in reversed(self._pieces) if p.start <= offset < p.end), None)

    def _start_next(self, offset: int) -> Piece:
        before = next((p for p in reversed(self._pieces) if p.end == offset), None)
        size = min(2 * (before.end - before.start), BLOCK) if before else FIRST_BYTES
        return self._start(offset, max(size, FIRST_BYTES))

    def _fetch_ahead(self, piece: Piece) -> None:
        """Fetch the next pieces if this one has full size.

        Only sequential reading and `prefetch` make pieces that large.
        """
        end = piece.end
        for _ in range(BLOCKS_AHEAD if piece.end - piece.start == BLOCK else 0):
            if end < self._size and not self._piece_at(end):
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
        """Drop the oldest piece that was read or, if none was read, the oldest one."""
        oldest = next((piece for piece in self._pieces if piece.is_read), self._pieces[0])
        self._pieces.remove(oldest)
        oldest.data.cancel()

    def _bytes_kept(self) -> int:
        return sum(piece.end - piece.start for piece in self._pieces)
