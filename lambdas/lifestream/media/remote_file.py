"""The video as a file in the decoder process: every read asks the parent for a byte range."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from multiprocessing.connection import Connection

from lifestream.media.audio_frames import end_of_tags
from lifestream.media.audio_ranges import AudioRanges, Range

RANGES_AHEAD = 32
BYTES_AHEAD = 48 << 20


class RemoteFile(io.RawIOBase):
    """A file whose reads may return less than was asked for."""

    def __init__(self, pipe: Connection, size: int) -> None:
        self._pipe = pipe
        self._start, self.size = 0, size
        self._offset = 0
        self._ranges: AudioRanges | None = None
        self._prefetched = 0

    def skip_tags(self) -> None:
        """Let the file begin after its ID3 tags, so that FFmpeg never reads them."""
        self._start = end_of_tags(self._request)
        self.size = max(0, self.size - self._start)

    def expect(self, ranges: AudioRanges | None) -> None:
        """Set what will be read. What lies between these ranges is pictures, and reads as zeros."""
        self._ranges = ranges

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._offset, io.SEEK_END: self.size}[whence]
        self._offset = base + offset
        return self._offset

    def tell(self) -> int:
        return self._offset

    def read(self, size: int | None = -1) -> bytes:
        length = self.size - self._offset if size is None or size < 0 else size
        length = min(length, self.size - self._offset)
        if length <= 0:
            return b""
        data = self._read_audio(self._ranges, length) if self._ranges else self._read_here(length)
        self._offset += len(data)
        return data

    def _read_audio(self, ranges: AudioRanges, length: int) -> bytes:
        number = ranges.position(self._offset)
        if number < 0:
            return self._read_here(length)
        rest = sum(ranges[number]) - self._offset
        if rest > 0:
            return self._read_here(min(length, rest), self._next_ranges(ranges, number))
        if number + 1 < len(ranges):
            return bytes(min(length, ranges[number + 1].offset - self._offset))
        return self._read_here(length)

    def _next_ranges(self, ranges: AudioRanges, number: int) -> list[Range]:
        """Return this range and those after it, each of them once."""
        prefetch, ahead = [], 0
        for after in range(number, min(number + RANGES_AHEAD, len(ranges))):
            ahead += ranges[after].size
            if after > number and ahead > BYTES_AHEAD:
                break
            if after >= self._prefetched:
                prefetch.append(ranges[after])
                self._prefetched = after + 1
        return prefetch

    def _read_here(self, length: int, prefetch: Sequence[Range] = ()) -> bytes:
        return self._request(self._start + self._offset, length, prefetch)

    def _request(self, offset: int, size: int, prefetch: Sequence[Range] = ()) -> bytes:
        message = {"read": [offset, size], "next": prefetch}
        self._pipe.send_bytes(json.dumps(message).encode())
        return self._pipe.recv_bytes()
