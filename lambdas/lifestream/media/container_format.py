"""A file's first bytes and its size in; what it is and whether it is whole out.

The name of a file says nothing: FFmpeg would take a playlist named `.mp4` for what it is and
fetch the addresses in it. So the demuxer is chosen here, from the bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import StrEnum

from lifestream.errors import (
    EmptyVideoError,
    NotAVideoError,
    PlaylistError,
    TruncatedVideoError,
    VideoTooComplexError,
)

ReadAt = Callable[[int, int], bytes]
"""(offset, size) → at most `size` bytes."""

SNIFF_BYTES = 4_096
MAX_BOXES = 10_000
MAX_HEADER_READS = 1_000
BOX_HEADER_BYTES = 8
LONG_BOX_HEADER_BYTES = 16
MAX_VINT_BYTES = 8
PLAYLIST_MARKS = (b"#EXTM3U", b"ffconcat", b"<MPD", b"[playlist]", b"v=0\r", b"v=0\n")
EBML_MAGIC = b"\x1a\x45\xdf\xa3"
SEGMENT_ID = b"\x18\x53\x80\x67"
BOX_TYPE = re.compile(rb"^[a-zA-Z0-9 _\-\xa9]{4}$")
FIRST_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp")


class Container(StrEnum):
    """The value is the name of FFmpeg's demuxer."""

    MP4 = "mov"
    AVI = "avi"
    MATROSKA = "matroska"


def identify(read_at: ReadAt, size: int) -> Container:
    """Read small ranges, a thousand at most. Raises EmptyVideoError, PlaylistError,
    NotAVideoError, TruncatedVideoError, VideoTooComplexError."""
    if size == 0:
        raise EmptyVideoError("the file holds zero bytes")
    head = read_at(0, SNIFF_BYTES)
    container = _sniff(head)
    missing = _missing_bytes(container, head, read_at, size)
    if missing:
        raise TruncatedVideoError(f"the file ends {missing} bytes too early")
    return container


def _sniff(head: bytes) -> Container:
    if head[4:8] in FIRST_BOXES:
        return Container.MP4
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return Container.AVI
    if head.startswith(EBML_MAGIC):
        return Container.MATROSKA
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(PLAYLIST_MARKS) or b"<MPD" in head:
        raise PlaylistError("the content is a playlist, not a video")
    raise NotAVideoError("the content is neither MP4/MOV nor AVI nor Matroska")


def _missing_bytes(container: Container, head: bytes, read_at: ReadAt, size: int) -> int:
    """How many bytes the file says it has beyond those that are there."""
    match container:
        case Container.MP4:
            return max(0, _end_of_boxes(read_at, size) - size)
        case Container.AVI:
            return max(0, _end_of_riffs(read_at, size) - size)
        case Container.MATROSKA:
            return max(0, _end_of_segment(head, size) - size)


def _end_of_boxes(read_at: ReadAt, size: int) -> int:
    """Where the last top-level box ends. A file without `moov` cannot be played at all: its
    index was never written. A long fragmented MP4 has more boxes than are worth a request each:
    what is missing at its end, ExtractAudio finds."""
    window = Window(read_at)
    walked, end, has_index = 0, 0, False
    for kind, end in _boxes(window, size):  # noqa: B007  # the last end counts
        walked += 1
        has_index = has_index or kind == b"moov"
        if walked == MAX_BOXES or window.reads == MAX_HEADER_READS:
            break
    else:
        if not has_index:
            raise TruncatedVideoError("the index of the file (its moov box) is missing")
    if not has_index:
        raise VideoTooComplexError(f"the first {walked} boxes of the file hold no index (moov)")
    return end


def _end_of_riffs(read_at: ReadAt, size: int) -> int:
    """Where the last RIFF ends: an AVI of more than a gigabyte has several (OpenDML 1.02)."""
    window, end = Window(read_at), 0
    while end < size and window.reads < MAX_HEADER_READS:
        header = window.read(end, BOX_HEADER_BYTES)
        if header[:4] != b"RIFF":
            break
        end += BOX_HEADER_BYTES + int.from_bytes(header[4:], "little")
    return end


def _boxes(window: Window, size: int) -> Iterator[tuple[bytes, int]]:
    """Type and end of each top-level box (ISO/IEC 14496-12, 4.2), until something else comes."""
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


class Window:
    """The range that was read last: the headers of small boxes lie side by side in it."""

    def __init__(self, read_at: ReadAt) -> None:
        self.reads = 0
        self._read_at = read_at
        self._start, self._data = 0, b""

    def read(self, offset: int, size: int) -> bytes:
        if not self._start <= offset <= self._start + len(self._data) - size:
            self.reads += 1
            self._start, self._data = offset, self._read_at(offset, SNIFF_BYTES)
        return self._data[offset - self._start :][:size]


def _end_of_segment(head: bytes, size: int) -> int:
    """Where the Segment element ends (RFC 8794); its size may be unknown, in live recordings."""
    at = head.find(SEGMENT_ID)
    if at < 0:
        return size
    start = at + len(SEGMENT_ID)
    first = head[start] if start < len(head) else 0
    width = 9 - first.bit_length()
    value = int.from_bytes(head[start : start + width], "big") & ((1 << (7 * width)) - 1)
    is_unknown = value == (1 << (7 * width)) - 1
    return size if is_unknown or width > MAX_VINT_BYTES else start + width + value
