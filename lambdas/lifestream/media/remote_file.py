"""The recording as a file, in the decoder process: every read asks the parent for a byte range."""

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
    """Reads may return less than was asked for."""

    def __init__(self, pipe: Connection, size: int) -> None:
        self._pipe = pipe
        self._start, self.size = 0, size
        self._offset = 0
        self._ranges: AudioRanges | None = None
        self._published = 0

    def skip_tags(self) -> None:
        """The file begins behind its ID3 tags from here on, so that FFmpeg never reads them."""
        self._start = end_of_tags(self._ask)
        self.size = max(0, self.size - self._start)

    def expect(self, ranges: AudioRanges | None) -> None:
        """What will be read from here on. Between these ranges are pictures, which nobody looks at:
        zeros stand for them."""
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
        wanted = self.size - self._offset if size is None or size < 0 else size
        wanted = min(wanted, self.size - self._offset)
        if wanted <= 0:
            return b""
        data = self._audio(self._ranges, wanted) if self._ranges else self._here(wanted)
        self._offset += len(data)
        return data

    def _audio(self, ranges: AudioRanges, wanted: int) -> bytes:
        number = ranges.position(self._offset)
        if number < 0:
            return self._here(wanted)
        rest = sum(ranges[number]) - self._offset
        if rest > 0:
            return self._here(min(wanted, rest), self._coming(ranges, number))
        if number + 1 < len(ranges):
            return bytes(min(wanted, ranges[number + 1].offset - self._offset))
        return self._here(wanted)

    def _coming(self, ranges: AudioRanges, number: int) -> list[Range]:
        """This range and those behind it, each of them once."""
        coming, ahead = [], 0
        for after in range(number, min(number + RANGES_AHEAD, len(ranges))):
            ahead += ranges[after].size
            if after > number and ahead > BYTES_AHEAD:
                break
            if after >= self._published:
                coming.append(ranges[after])
                self._published = after + 1
        return coming

    def _here(self, wanted: int, coming: Sequence[Range] = ()) -> bytes:
        return self._ask(self._start + self._offset, wanted, coming)

    def _ask(self, offset: int, size: int, coming: Sequence[Range] = ()) -> bytes:
        message = {"read": [offset, size], "next": coming}
        self._pipe.send_bytes(json.dumps(message).encode())
        return self._pipe.recv_bytes()
