"""A file's first bytes and its size in; what it is and whether it is whole out.

The name of a file says nothing: FFmpeg would take a playlist named `.mp4` for what it is and
fetch the addresses in it. So the demuxer is chosen here, from the bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum

from lifestream.errors import (
    EmptyVideoError,
    NotAVideoError,
    PlaylistError,
    TruncatedVideoError,
)

ReadAt = Callable[[int, int], bytes]
"""(offset, size) → at most `size` bytes."""

SNIFF_BYTES = 4_096
MAX_BOXES = 10_000
BOX_HEADER_BYTES = 8
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
    """Raises EmptyVideoError, PlaylistError, NotAVideoError, TruncatedVideoError."""
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
            return max(0, int.from_bytes(head[4:8], "little") + 8 - size)
        case Container.MATROSKA:
            return max(0, _end_of_segment(head, size) - size)


def _end_of_boxes(read_at: ReadAt, size: int) -> int:
    """Where the last top-level box ends (ISO/IEC 14496-12, 4.2). A file without `moov` cannot
    be played at all: its index was never written."""
    offset, seen = 0, set()
    for _ in range(MAX_BOXES):
        if offset + BOX_HEADER_BYTES > size:
            break
        header = read_at(offset, 16)
        length, kind = int.from_bytes(header[:4], "big"), header[4:8]
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        if not BOX_TYPE.match(kind) or 0 < length < BOX_HEADER_BYTES:
            break
        seen.add(kind)
        offset = size if length == 0 else offset + length
    if b"moov" not in seen:
        raise TruncatedVideoError("the index of the file (its moov box) is missing")
    return offset


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
