"""Hostile files end in a named error, within the function's memory."""

from __future__ import annotations

import os
import re
import signal
import struct
from collections.abc import Callable
from pathlib import Path
from socket import create_server

import pytest

from lifestream.domain.file_types import Container
from lifestream.errors import (
    UnreadableVideoError,
    UnusableVideoError,
    VideoTooComplexError,
)
from lifestream.media.audio import load_samples
from lifestream.media.container_format import identify
from lifestream.media.sandbox import OWN_MEGABYTES, Video, decoder_megabytes
from lifestream.settings import FunctionSettings
from media_bombs import BOMBS
from media_files import tone
from unit.test_sandbox import _environments_of_children, extract, opened, reader

pytestmark = pytest.mark.attack

COMPLEX = ("edit_lists.mp4", "fragment.mp4")


@pytest.fixture(scope="module")
def bombs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("bombs")
    return {name: make(folder / name) for name, make in BOMBS.items()}


class Peak:
    """Measures the peak of the decoder's memory in MB while it reads."""

    def __init__(self, read_at: Callable[[int, int], bytes]) -> None:
        self.megabytes = 0
        self._read_at = read_at

    def read_at(self, offset: int, size: int) -> bytes:
        for environment in _environments_of_children():
            status = (environment.parent / "status").read_text()
            if found := re.search(r"VmHWM:\s+(\d+) kB", status):
                self.megabytes = max(self.megabytes, int(found[1]) >> 10)
        return self._read_at(offset, size)


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_or_harmless(
    bombs: dict[str, Path], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small function is enough: a bomb would fill a large one too, only later."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")
    path, flac = bombs[name], tmp_path / "a.flac"
    peak = Peak(reader(path))

    try:
        opened(path).probe(peak.read_at)
        extract(opened(path), path, flac)
    except UnusableVideoError as error:
        assert name not in COMPLEX or isinstance(error, VideoTooComplexError)  # noqa: PT017
    else:
        assert name not in COMPLEX
        assert flac.stat().st_size < 1 << 20
    assert path.stat().st_size < 2 << 20
    assert peak.megabytes <= decoder_megabytes()


@pytest.mark.parametrize("megabytes", [1_024, 1_769, 3_008])
def test_decoder_and_function_fit_into_the_functions_memory(
    monkeypatch: pytest.MonkeyPatch, megabytes: int
) -> None:
    settings = FunctionSettings(memory_megabytes=megabytes)
    monkeypatch.setattr("lifestream.media.sandbox.load", lambda _: settings)

    assert decoder_megabytes() + OWN_MEGABYTES <= megabytes


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGABRT, signal.SIGXCPU])
def test_a_decoder_that_is_stopped_at_its_limits_says_so(tmp_path: Path, ending: int) -> None:
    """The kernel kills it for memory, malloc aborts, or the CPU time limit sends SIGXCPU."""
    video = tone(tmp_path / "a.mp4", seconds=1)

    def ended(offset: int, size: int) -> bytes:
        for environment in _environments_of_children():
            os.kill(int(environment.parent.name), ending)
        return reader(video)(offset, size)

    with pytest.raises(VideoTooComplexError, match="limits"):
        opened(video).probe(ended)


def element(identity: bytes, payload: bytes) -> bytes:
    return identity + struct.pack(">Q", len(payload) | 1 << 56) + payload


def linked(path: Path, *, port: int) -> Path:
    """Return a Matroska file whose chapters are in other segments, by UID and by file name.

    See "Linked Segments" in RFC 9559.
    """
    data = tone(path, seconds=1).read_bytes()
    at = data.index(b"\x18\x53\x80\x67") + 12
    address = f"http://127.0.0.1:{port}/next.mkv".encode()
    atom = element(b"\x73\xc4", b"\1") + element(b"\x91", b"\0") + element(b"\x6e\x67", b"u" * 16)
    edition = element(b"\x45\xbc", b"\1") + element(b"\x45\xdd", b"\1") + element(b"\xb6", atom)
    info = b"".join(
        element(identity, content)
        for identity, content in (
            (b"\x73\xa4", b"s" * 16), (b"\x3c\xb9\x23", b"p" * 16), (b"\x3c\x83\xab", address),
            (b"\x3e\xb9\x23", b"n" * 16), (b"\x3e\x83\xbb", address),
            (b"\x2a\xd7\xb1", b"\x0f\x42\x40"),
        )
    )  # fmt: skip
    more = element(b"\x15\x49\xa9\x66", info) + element(
        b"\x10\x43\xa7\x70", element(b"\x45\xb9", edition)
    )
    [size] = struct.unpack(">Q", data[at - 8 : at])
    path.write_bytes(data[: at - 8] + struct.pack(">Q", size + len(more)) + more + data[at:])
    return path


def test_linked_matroska_segments_are_not_followed(tmp_path: Path) -> None:
    with create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        path = linked(tmp_path / "a.mkv", port=server.getsockname()[1])

        samples = load_samples(extract(opened(path), path, tmp_path / "a.flac"))

        with pytest.raises(BlockingIOError):
            server.accept()
    assert len(samples) / 16_000 == pytest.approx(1, abs=0.1)


def test_an_avi_of_several_riffs_is_whole_with_its_last(tmp_path: Path) -> None:
    data = tone(tmp_path / "a.avi", seconds=1).read_bytes()
    second = b"RIFF" + struct.pack("<I", 1_004) + b"AVIX" + bytes(1_000)

    def missing(content: bytes) -> Container:
        return identify(lambda offset, size: content[offset : offset + size], len(content))

    assert missing(data + second) == Container.AVI
    with pytest.raises(UnusableVideoError, match="500 bytes too early"):
        missing(data + second[:-500])


@pytest.mark.parametrize(
    "answer",
    [
        b"[" * 60_000,
        b"[]",
        b'{"read": [0]}',
        b'{"result": {"duration_seconds": NaN, "audio_codec": "aac"}}',
        b'{"result": {"duration_seconds": 1, "audio_codec": "a\\u001b[31m"}}',
        b'{"error": ["SystemExit", "x"]}',
        b'{"surprise": 1}',
    ],
)
def test_a_lying_decoder_makes_the_video_unreadable(
    monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    monkeypatch.setattr("lifestream.media.sandbox.DECODER", "unit.lying_decoder")
    monkeypatch.setattr(
        Video, "_request", lambda *_, **__: {"size": 0, "output": None, "says": answer.decode()}
    )

    with pytest.raises(UnreadableVideoError):
        Video(container=Container.MP4, size=0, max_seconds=1).probe(lambda *_: b"")
