"""Find where a file ends according to its own container."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from lifestream.domain.file_types import Container
from lifestream.errors import TruncatedVideoError, VideoTooComplexError

ReadAt = Callable[[int, int], bytes]
"""(offset, size) → at most `size` bytes."""

WINDOW_BYTES = 4_096
MAX_BOXES = 10_000
MAX_HEADER_READS = 1_000
BOX_HEADER_BYTES = 8
LONG_BOX_HEADER_BYTES = 16
MAX_VINT_BYTES = 8
SEGMENT_ID = b"\x18\x53\x80\x67"
BOX_TYPE = re.compile(rb"^[a-zA-Z0-9 _\-\xa9]{4}$")
WAVE_SIZES_OF_64_BITS = (b"RF64", b"BW64")
UNKNOWN_WAVE_SIZE = 0x7FFF0000
"""Programs that write to a pipe do not know the size: it is 0, 2^31 or 2^32, less a header."""
MAX_OGG_PAGE_BYTES = 65_307
OGG_PAGE_HEADER_BYTES = 27
XING_BYTES_FLAG = 2


class Window:
    """Keeps the last range that was read: headers that lie side by side cost one read."""

    def __init__(self, read_at: ReadAt) -> None:
        self.reads = 0
        self._read_at = read_at
        self._start, self._data = 0, b""

    def read(self, offset: int, size: int) -> bytes:
        if not self._start <= offset <= self._start + len(self._data) - size:
            self.reads += 1
            self._start, self._data = offset, self._read_at(offset, max(size, WINDOW_BYTES))
        return self._data[offset - self._start :][:size]


def declared_end(container: Container, window: Window, start: int, size: int) -> int:
    """Return the declared end, or the size of the file if its container declares none.

    `start`: where the container begins, after tags. Raises TruncatedVideoError,
    VideoTooComplexError.
    """
    ends: dict[Container, Callable[[Window, int], int]] = {
        Container.MP4: _end_of_boxes,
        Container.AVI: _end_of_riffs,
        Container.MATROSKA: _end_of_segment,
        Container.WAV: _end_of_wave,
        Container.OGG: _end_of_pages,
        Container.MP3: partial(_end_of_frames, start=start),
    }  # FLAC declares its samples instead, and AAC nothing
    return ends[container](window, size) if container in ends else size


def _end_of_boxes(window: Window, size: int) -> int:
    """Return where the last top-level box ends.

    A file without `moov` cannot be played at all: its index was never written. A long fragmented
    MP4 has too many boxes to read them all; ExtractAudio finds out if its end is missing.
    """
    walked, end, has_index = 0, 0, False
    for kind, end in _boxes(window, size):  # noqa: B007  # the last end counts
        walked += 1
        has_index = has_index or kind == b"moov"
        if walked == MAX_BOXES or window.reads >= MAX_HEADER_READS:
            break
    else:
        if not has_index:
            raise TruncatedVideoError("the index of the file (its moov box) is missing")
    if not has_index:
        raise VideoTooComplexError(f"the first {walked} boxes of the file hold no index (moov)")
    return end


def _boxes(window: Window, size: int) -> Iterator[tuple[bytes, int]]:
    """Yield type and end of each top-level box (ISO/IEC 14496-12, 4.2), until there is no box."""
    end = 0
    while end + BOX_HEADER_BYTES <= size:
        header = window.read(end, LONG_BOX_HEADER_BYTES)
        length, kind = int.from_bytes(header[:4], "big"), header[4:8]
        if length == 1:
            length = int.from_bytes(header[8:], "big")
        if not BOX_TYPE.match(kind) or 0 < length < BOX_HEADER_BYTES:
            return
        end = size if length == 0 else end + length
        yield kind, end


def _end_of_riffs(window: Window, size: int) -> int:
    """Return where the last RIFF ends: an AVI of over a gigabyte has several (OpenDML 1.02)."""
    end = 0
    while end < size and window.reads < MAX_HEADER_READS:
        header = window.read(end, BOX_HEADER_BYTES)
        if header[:4] != b"RIFF":
            break
        end += BOX_HEADER_BYTES + int.from_bytes(header[4:], "little")
    return end


def _end_of_segment(window: Window, size: int) -> int:
    """Return where the Segment element ends (RFC 8794). Live recordings need not declare it."""
    head = window.read(0, WINDOW_BYTES)
    at = head.find(SEGMENT_ID)
    if at < 0:
        return size
    start = at + len(SEGMENT_ID)
    first = head[start] if start < len(head) else 0
    width = 9 - first.bit_length()
    value = int.from_bytes(head[start : start + width], "big") & ((1 << (7 * width)) - 1)
    is_unknown = value == (1 << (7 * width)) - 1
    return size if is_unknown or width > MAX_VINT_BYTES else start + width + value


def _end_of_wave(window: Window, size: int) -> int:
    """Return where the RIFF ends. RF64 keeps the size in its first chunk (EBU Tech 3306)."""
    header = window.read(0, 28)
    if header[:4] in WAVE_SIZES_OF_64_BITS:
        return BOX_HEADER_BYTES + int.from_bytes(header[20:28], "little")
    length = int.from_bytes(header[4:8], "little")
    return size if length >= UNKNOWN_WAVE_SIZE else BOX_HEADER_BYTES + length


def _end_of_pages(window: Window, size: int) -> int:
    """Return where the last page ends (RFC 3533, 6). A live recording may end with any page."""
    start = max(0, size - MAX_OGG_PAGE_BYTES)
    tail = window.read(start, size - start)
    at = tail.rfind(b"OggS\0")
    header = tail[at : at + OGG_PAGE_HEADER_BYTES]
    if at < 0 or len(header) < OGG_PAGE_HEADER_BYTES:
        return size + (at >= 0)
    table = tail[at + OGG_PAGE_HEADER_BYTES :][: header[-1]]
    return start + at + OGG_PAGE_HEADER_BYTES + header[-1] + sum(table)


def _end_of_frames(window: Window, size: int, *, start: int) -> int:
    """Return the end that the first frame declares, if it holds a Xing or LAME header."""
    frame = window.read(start, WINDOW_BYTES)
    at = max(frame.find(b"Xing", 0, 200), frame.find(b"Info", 0, 200))
    flags = int.from_bytes(frame[at + 4 : at + 8], "big")
    if at < 0 or not flags & XING_BYTES_FLAG:
        return size
    field = at + 8 + 4 * (flags & 1)
    return start + int.from_bytes(frame[field : field + 4], "big")
