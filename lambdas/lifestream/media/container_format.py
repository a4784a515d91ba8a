"""Identify a file by its content, and check that it is complete.

The name of a file says nothing: FFmpeg would read a playlist named `.mp4` as a playlist, and fetch
the addresses in it. So the demuxer is chosen here, from the bytes.
"""

from __future__ import annotations

from collections.abc import Iterable

from lifestream.domain.file_types import NAMES, Container
from lifestream.errors import (
    EmptyVideoError,
    NotAVideoError,
    PlaylistError,
    TruncatedVideoError,
)
from lifestream.media.audio_frames import begins_with_adts, end_of_tags, holds_mpeg_frames
from lifestream.media.declared_end import WINDOW_BYTES, ReadAt, Window, declared_end

PLAYLIST_MARKS = (b"#EXTM3U", b"ffconcat", b"<MPD", b"[playlist]", b"v=0\r", b"v=0\n")
FIRST_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp")
MAGIC = {
    b"\x1a\x45\xdf\xa3": Container.MATROSKA,
    b"fLaC": Container.FLAC,
    b"OggS": Container.OGG,
}
RIFF_FORMS = {
    (b"RIFF", b"AVI "): Container.AVI,
    (b"RIFF", b"WAVE"): Container.WAV,
    (b"RF64", b"WAVE"): Container.WAV,
    (b"BW64", b"WAVE"): Container.WAV,
}
TAGGED = (Container.MP3, Container.AAC, Container.FLAC)
"""Containers that often follow ID3 tags."""


def identify(read_at: ReadAt, size: int) -> Container:
    """Return the container, after at most a thousand small reads.

    Raises EmptyVideoError, PlaylistError, NotAVideoError, TruncatedVideoError,
    VideoTooComplexError.
    """
    if size == 0:
        raise EmptyVideoError("the file holds zero bytes")
    window = Window(read_at)
    start = end_of_tags(window.read)
    if start >= size:
        raise TruncatedVideoError("the file ends within the tag before its audio")
    container = _sniff(window.read(start, WINDOW_BYTES))
    if start and container not in TAGGED:
        raise NotAVideoError(f"the tag is not followed by {_list(TAGGED)}")
    end = declared_end(container, window, start, size)
    if end > size:
        raise TruncatedVideoError(f"the file ends {end - size} bytes too early")
    return container


def _sniff(head: bytes) -> Container:
    if head[4:8] in FIRST_BOXES:
        return Container.MP4
    known = RIFF_FORMS.get((head[:4], head[8:12])) or MAGIC.get(head[:4])
    if known:
        return known
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(PLAYLIST_MARKS) or b"<MPD" in head:
        raise PlaylistError("the content is a playlist, not a recording")
    if begins_with_adts(head):
        return Container.AAC
    if holds_mpeg_frames(head):
        return Container.MP3
    raise NotAVideoError("the content is not that of a video or audio file")


def _list(containers: Iterable[Container]) -> str:
    return ", ".join(NAMES[container] for container in containers)
