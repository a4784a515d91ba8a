"""The decoder process extracts complete audio, and hostile input does no harm."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from lifestream.domain.file_types import Container
from lifestream.errors import (
    DecoderStartError,
    NoAudioError,
    PipelineError,
    UnusableVideoError,
    VideoTooComplexError,
    VideoTooLongError,
)
from lifestream.media.audio import load_samples
from lifestream.media.container_format import identify
from lifestream.media.declared_end import ReadAt
from lifestream.media.sandbox import DECODER, Video
from listening import Listener, listening
from media_files import CODECS, SAMPLE, convert, tone


def reader(path: Path) -> ReadAt:
    data = path.read_bytes()
    return lambda offset, size: data[offset : offset + size]


def extract(video: Video, source: Path, flac: Path) -> Path:
    with flac.open("wb+") as output:
        video.extract_audio(reader(source), output)
    return flac


def opened(path: Path, *, max_seconds: float = 3_600) -> Video:
    size = path.stat().st_size
    return Video(container=identify(reader(path), size), size=size, max_seconds=max_seconds)


@pytest.mark.parametrize("suffix", CODECS)
def test_every_container_gives_its_whole_audio(tmp_path: Path, suffix: str) -> None:
    video = convert(SAMPLE, tmp_path / f"a{suffix}", seconds=5)
    flac = tmp_path / "audio.flac"

    probe = opened(video).probe(reader(video))
    extract(opened(video), video, flac)

    samples = load_samples(flac)
    is_guessed = suffix in (".mp3", ".aac")  # the duration is known only after the frames were read
    assert probe.duration_seconds == pytest.approx(0 if is_guessed else 5, abs=0.3)
    assert len(samples) / 16_000 == pytest.approx(5, abs=0.15)
    assert samples.dtype == np.float32
    assert 0.05 < np.abs(samples).max() <= 1.0


@pytest.mark.fault("E1", by="a video without an audio track", so="NoAudioError")
def test_a_video_without_audio_is_refused(tmp_path: Path) -> None:
    silent = tone(tmp_path / "a.mp4", seconds=1, has_audio=False)

    with pytest.raises(NoAudioError):
        opened(silent).probe(reader(silent))


def test_a_video_beyond_the_limit_is_refused_before_and_while_decoding(tmp_path: Path) -> None:
    video = tone(tmp_path / "a.mp4", seconds=3)

    with pytest.raises(VideoTooLongError):
        opened(video, max_seconds=1).probe(reader(video))
    with pytest.raises(VideoTooLongError):
        extract(opened(video, max_seconds=1), video, tmp_path / "a.flac")


@pytest.mark.fault("E7", by="audio that starts late", so="the gap is kept; times are right")
def test_audio_that_starts_late_keeps_its_place(tmp_path: Path) -> None:
    """The decoder fills the gap, so that word times fit the video."""
    import av

    late = tmp_path / "late.mkv"
    with (
        av.open(str(tone(tmp_path / "a.mkv", seconds=2))) as source,
        av.open(str(late), "w") as sink,
    ):
        copies = {s.index: sink.add_stream_from_template(s) for s in source.streams}
        for packet in source.demux():
            if packet.dts is None:
                continue
            if packet.stream.type == "audio" and packet.time_base:
                packet.pts += int(1 / packet.time_base)  # type: ignore[operator]
                packet.dts = packet.pts
            packet.stream = copies[packet.stream.index]
            sink.mux(packet)
    flac = tmp_path / "audio.flac"

    extract(opened(late), late, flac)

    samples = load_samples(flac)
    assert len(samples) / 16_000 == pytest.approx(3, abs=0.15)
    assert np.abs(samples[:15_000]).max() == 0
    assert np.abs(samples[17_000:]).max() > 0.1


@pytest.fixture
def listening_port() -> Iterator[int]:
    with listening() as port:
        yield port


@pytest.mark.parametrize("demuxer", list(Container))
@pytest.mark.parametrize(
    "content",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:{port}/x.ts\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile http://127.0.0.1:{port}/x.ts\n",
    ],
)
def test_a_playlist_in_the_decoder_fetches_nothing(
    tmp_path: Path, demuxer: Container, content: str, listening_port: int
) -> None:
    """Even if the format check is fooled, the decoder opens no URL."""
    playlist = tmp_path / "a.mp4"
    playlist.write_text(content.format(port=listening_port))
    video = Video(container=demuxer, size=playlist.stat().st_size, max_seconds=60)

    with pytest.raises(UnusableVideoError):
        video.probe(reader(playlist))

    assert Listener.calls == 0


@pytest.mark.fault("E3", by="flipped bytes, from a seed", so="a named error, or audio")
@pytest.mark.parametrize("suffix", CODECS)
def test_flipped_bytes_end_in_a_named_error_or_in_audio(tmp_path: Path, suffix: str) -> None:
    whole = tone(tmp_path / f"a{suffix}", seconds=1).read_bytes()
    for seed in range(3):  # `make fuzz FAMILY=media` tries more
        dice = random.Random(seed)
        broken = bytearray(whole)
        for _ in range(30):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        path = tmp_path / f"b{seed}{suffix}"
        path.write_bytes(broken)

        try:
            extract(opened(path), path, tmp_path / "out.flac")
        except PipelineError as error:
            assert isinstance(error, UnusableVideoError)  # noqa: PT017  # either way is fine


def test_the_decoder_sees_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment is read from /proc while it waits for bytes."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "aws-canary")
    video = tone(tmp_path / "a.mp4", seconds=1)
    seen: list[bytes] = []

    def spying(offset: int, size: int) -> bytes:
        seen.extend(path.read_bytes() for path in _environments_of_children())
        return reader(video)(offset, size)

    opened(video).probe(spying)

    assert seen
    assert not any(b"canary" in environment for environment in seen)


def test_the_decoder_finds_its_libraries_where_we_find_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Lambda, LD_LIBRARY_PATH is the only way to libpython."""
    monkeypatch.setenv("LD_LIBRARY_PATH", "/var/lang/lib:/lib64")
    video = tone(tmp_path / "a.mp4", seconds=1)
    seen: list[bytes] = []

    def spying(offset: int, size: int) -> bytes:
        seen.extend(path.read_bytes() for path in _environments_of_children())
        return reader(video)(offset, size)

    opened(video).probe(spying)

    assert any(b"LD_LIBRARY_PATH=/var/lang/lib:/lib64\0" in environment for environment in seen)


@pytest.mark.parametrize("status", [126, 127, 1])
def test_a_decoder_that_ends_before_it_reads_is_not_the_videos_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """127 is how the dynamic loader ends when it finds no libpython."""
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\nexit {status}\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    video = tone(tmp_path / "a.mp4", seconds=1)

    with pytest.raises(DecoderStartError, match=f"exit {status}"):
        opened(video).probe(reader(video))


def test_a_decoder_that_is_missing_is_not_the_videos_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    video = tone(tmp_path / "a.mp4", seconds=1)

    with pytest.raises(DecoderStartError, match="no-python"):
        opened(video).probe(reader(video))


def test_a_decoder_that_crashes_after_reading_is_the_videos_fault(tmp_path: Path) -> None:
    video = tone(tmp_path / "a.mp4", seconds=1)

    def killing(offset: int, size: int) -> bytes:
        for environment in _environments_of_children():
            os.kill(int(environment.parent.name), signal.SIGKILL)
        return reader(video)(offset, size)

    with pytest.raises(VideoTooComplexError, match="exit -9"):
        opened(video).probe(killing)


def _environments_of_children() -> list[Path]:
    task = Path("/proc/self/task")
    if not task.exists():
        pytest.skip("needs /proc")
    pids = {pid for entry in task.iterdir() for pid in (entry / "children").read_text().split()}
    processes = [Path(f"/proc/{pid}") for pid in pids]
    decoders = [p for p in processes if DECODER.encode() in (p / "cmdline").read_bytes()]
    return [process / "environ" for process in decoders]
