"""Find the byte ranges of an indexed file that hold its audio, each of them worth a request."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

LONGEST_RANGE = 4 << 20
MAX_RANGES = 5_000
MAX_RANGES_PER_SECOND = 4
"""Cameras and phones write the audio in pieces of a second or half a second."""
WORTH_A_REQUEST = 1 << 20
"""Bytes. A request costs as much as 15 ms of the function, which fetch a megabyte."""


class Range(NamedTuple):
    offset: int
    size: int


class AudioRanges:
    """Disjoint ranges in the order of the file, which hold the audio.

    The bytes between the pieces add at most half to the bytes of the audio. If that takes too many
    requests, every gap that is not worth a request is read as well, without a limit on the total.
    """

    def __init__(self, pieces: Iterable[tuple[int, int]], *, seconds: float) -> None:
        """`pieces`: offset and size of each piece of audio."""
        runs = _Runs(pieces)
        gap, ranges = runs.gap_within(runs.audio_bytes() // 2)
        is_too_many = ranges > max(MAX_RANGES, MAX_RANGES_PER_SECOND * seconds)
        joined = runs.joined(WORTH_A_REQUEST if is_too_many else gap)
        self._starts, self._ends = joined.starts, joined.ends

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, number: int) -> Range:
        return Range(self._starts[number], self._ends[number] - self._starts[number])

    def position(self, offset: int) -> int:
        """Return the number of the last range that begins at or before this offset, or -1."""
        return bisect_right(self._starts, offset) - 1


class _Runs:
    """Starts and ends of runs of neighbouring pieces, as arrays: a film has a million pieces."""

    def __init__(self, pieces: Iterable[tuple[int, int]]) -> None:
        self.starts, self.ends = array("q"), array("q")
        is_sorted = True
        for offset, size in pieces:
            is_sorted = is_sorted and (not self.ends or offset >= self.ends[-1])
            self.add(offset, offset + size, gap=0)
        if not is_sorted:
            self._sort()

    def add(self, start: int, end: int, *, gap: int) -> None:
        """Append a run, or join it to the last one if at most `gap` bytes lie between them."""
        if (
            self.ends
            and 0 <= start - self.ends[-1] <= gap
            and end - self.starts[-1] <= LONGEST_RANGE
        ):
            self.ends[-1] = end
        else:
            self.starts.append(start)
            self.ends.append(end)

    def joined(self, gap: int) -> _Runs:
        made = _Runs(())
        for start, end in zip(self.starts, self.ends, strict=True):
            made.add(start, end, gap=gap)
        return made

    def gap_within(self, spare: int) -> tuple[int, int]:
        """Return the largest gap that may be read, and how many ranges are left then.

        All gaps up to it hold at most `spare` bytes together. It is found by powers of two, so that
        no list has to be sorted.
        """
        count, size = Counter[int](), Counter[int]()
        for gap in self._gaps():
            count[gap.bit_length()] += 1
            size[gap.bit_length()] += gap
        ranges, power = len(self.starts), 0
        for bits in sorted(count):
            spare -= size[bits]
            if spare < 0:
                break
            ranges, power = ranges - count[bits], bits
        return (1 << power) - 1, ranges

    def _gaps(self) -> Iterator[int]:
        return (start - end for start, end in zip(self.starts[1:], self.ends[:-1], strict=True))

    def audio_bytes(self) -> int:
        return sum(end - start for start, end in zip(self.starts, self.ends, strict=True))

    def _sort(self) -> None:
        """Sort the runs of an index that jumps back. Bytes that it names twice are read once."""
        pairs = sorted(zip(self.starts, self.ends, strict=True))
        self.starts, self.ends = array("q"), array("q")
        for start, end in pairs:
            after = max(start, self.ends[-1]) if self.ends else start
            if end > after:
                self.add(after, end, gap=0)
