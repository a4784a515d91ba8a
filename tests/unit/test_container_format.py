"""A file is identified by its bytes, and checked for completeness."""

from __future__ import annotations

from pathlib import Path

import pytest

from lifestream.domain.file_types import EXTENSIONS, FILE_TYPES, Container
from lifestream.errors import (
    EmptyVideoError,
    NotAVideoError,
    PlaylistError,
    TruncatedVideoError,
    VideoTooComplexError,
)
from lifestream.media.container_format import identify
from media_files import CODECS, cut, tone


def identified(data: bytes) -> Container:
    return identify(lambda offset, size: data[offset : offset + size], len(data))


@pytest.mark.parametrize("suffix", CODECS)
def test_whole_files_are_recognized_by_their_bytes(tmp_path: Path, suffix: str) -> None:
    video = tone(tmp_path / f"a{suffix}", seconds=1)

    assert identified(video.read_bytes()) == FILE_TYPES[suffix].container


def test_every_extension_has_a_file_here() -> None:
    assert set(CODECS) == set(EXTENSIONS)


@pytest.mark.fault("E3", by="files that are cut off", so="TruncatedVideoError")
@pytest.mark.parametrize("suffix", sorted({*CODECS} - {".aac", ".flac"}))
@pytest.mark.parametrize("share", [0.3, 0.9, 0.99])
def test_truncated_files_are_detected(tmp_path: Path, suffix: str, share: float) -> None:
    whole = tone(tmp_path / f"a{suffix}", seconds=2)

    with pytest.raises(TruncatedVideoError):
        identified(cut(whole, tmp_path / f"b{suffix}", share=share).read_bytes())


@pytest.mark.parametrize(
    "content",
    [
        b"#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1/x.ts\n",
        b"\xef\xbb\xbf\n #EXTM3U\n",
        b"ffconcat version 1.0\nfile x\n",
        b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011">',
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n",
    ],
)
def test_playlists_are_called_playlists(content: bytes) -> None:
    with pytest.raises(PlaylistError):
        identified(content)


@pytest.mark.fault("E8", by="other content under a video's name", so="NotAVideoError")
@pytest.mark.parametrize(
    "content", [b"hello", b"\0" * 100, b"ID3\x03", b"RIFF\x04\0\0\0WEBP", b"\x47" + b"\0" * 187]
)
def test_other_content_is_not_a_video(content: bytes) -> None:
    with pytest.raises(NotAVideoError):
        identified(content)


def test_zero_bytes_are_empty() -> None:
    with pytest.raises(EmptyVideoError):
        identified(b"")


def test_a_live_matroska_recording_of_unknown_size_is_whole() -> None:
    head = b"\x1a\x45\xdf\xa3\x80" + b"\x18\x53\x80\x67" + b"\x01\xff\xff\xff\xff\xff\xff\xff"

    assert identified(head + b"\0" * 100) == Container.MATROSKA


def test_garbage_after_the_boxes_of_an_mp4_is_tolerated(tmp_path: Path) -> None:
    video = tone(tmp_path / "a.mp4", seconds=1).read_bytes()

    assert identified(video + b"\0" * 64) == Container.MP4


def test_an_mp4_of_endless_tiny_boxes_ends_soon() -> None:
    bomb = b"\0\0\0\x08ftyp" + b"\0\0\0\x08free" * 1_000_000

    with pytest.raises(VideoTooComplexError, match="10000 boxes"):
        identified(bomb)
