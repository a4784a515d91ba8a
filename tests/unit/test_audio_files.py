"""Audio files with tags, wrong headers, missing ends or wrong extensions."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from builders import a_job, a_transcript
from lifestream.domain.file_types import EXTENSIONS, Container, content_type, extension
from lifestream.domain.transcript import Source
from lifestream.errors import (
    NotAVideoError,
    TruncatedVideoError,
    UnsupportedExtensionError,
    VideoTooLongError,
)
from lifestream.media.container_format import identify
from lifestream.rendering.presentation import Recording
from media_files import cut, level, tone
from simulated_store import Bucket
from steps.inspect_video import inspect
from unit.test_audio_shapes import samples_of
from unit.test_container_format import identified
from unit.test_sandbox import extract, opened, reader

SECONDS = 3


def sevens_of(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def tag(size: int, *, footer: bool = False) -> bytes:
    """Return an ID3v2.4 tag with one picture."""
    sevens = sevens_of(size)
    picture = b"\0image/png\0\3\0"
    content = b"APIC" + sevens_of(size - 10) + bytes(2) + picture + bytes(size - 10 - len(picture))
    end = b"3DI\x04\0\x10" + sevens if footer else b""
    return b"ID3\x04\0" + (b"\x10" if footer else b"\0") + sevens + content + end


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("suffix", [".mp3", ".aac", ".flac"])
def test_a_tag_with_a_large_picture_is_skipped_unread(tmp_path: Path, suffix: str) -> None:
    whole = tone(tmp_path / f"a{suffix}", seconds=SECONDS).read_bytes()
    tagged = tag(3 << 20) + tag(1 << 20, footer=True) + whole
    path = written(tmp_path / f"b{suffix}", tagged)
    fetched: list[int] = []

    def counting(offset: int, size: int) -> bytes:
        fetched.append(len(data := reader(path)(offset, min(size, 16 << 10))))
        return data

    identify(counting, len(tagged))
    opened(path).probe(counting)

    assert sum(fetched) < len(whole) + (256 << 10)
    assert len(samples_of(path, tmp_path)) / 16_000 == pytest.approx(SECONDS, abs=0.15)


def test_a_tag_that_is_longer_than_the_file_is_truncated() -> None:
    with pytest.raises(TruncatedVideoError, match="tag"):
        identified(tag(5_000)[:3_000])


def test_a_tag_before_something_else_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(NotAVideoError):
        identified(tag(100) + tone(tmp_path / "a.mkv", seconds=1).read_bytes())


def test_an_mp3_that_begins_inside_a_frame_is_decoded(tmp_path: Path) -> None:
    data = tone(tmp_path / "a.mp3", seconds=SECONDS).read_bytes()
    path = written(tmp_path / "b.mp3", data[len(data) // 3 + 17 :])

    samples = samples_of(path, tmp_path)

    assert identified(path.read_bytes()) == Container.MP3
    assert len(samples) / 16_000 == pytest.approx(SECONDS * 2 / 3, abs=0.2)


@pytest.mark.parametrize("size", [0, 0x7FFFF024, 0xFFFFFFFF])
def test_a_wave_file_that_came_through_a_pipe_is_whole(tmp_path: Path, size: int) -> None:
    """The header was written before the length was known."""
    data = bytearray(tone(tmp_path / "a.wav", seconds=SECONDS).read_bytes())
    at = data.index(b"data")
    data[4:8] = data[at + 4 : at + 8] = struct.pack("<I", size)
    path = written(tmp_path / "b.wav", bytes(data))

    samples = samples_of(path, tmp_path)

    assert len(samples) / 16_000 == pytest.approx(SECONDS, abs=0.1)


def rf64(path: Path) -> Path:
    return level(path, "pcm_s16le", seconds=3, rf64="always")


def test_a_wave_file_with_64_bit_sizes_is_whole_or_truncated(tmp_path: Path) -> None:
    path = rf64(tmp_path / "a.wav")

    assert path.read_bytes().startswith(b"RF64")
    assert len(samples_of(path, tmp_path)) / 16_000 == pytest.approx(3, abs=0.01)
    with pytest.raises(TruncatedVideoError):
        opened(cut(path, tmp_path / "b.wav", share=0.9))


def test_a_flac_file_that_was_cut_off_is_truncated(tmp_path: Path) -> None:
    path = cut(tone(tmp_path / "a.flac", seconds=SECONDS), tmp_path / "b.flac", share=0.6)

    with pytest.raises(TruncatedVideoError, match="FLAC"):
        extract(opened(path), path, tmp_path / "out.flac")


@pytest.mark.parametrize("suffix", [".mp3", ".aac"])
def test_streams_of_frames_are_measured_while_they_are_read(tmp_path: Path, suffix: str) -> None:
    path = tone(tmp_path / f"a{suffix}", seconds=SECONDS)
    video = opened(path, max_seconds=1)

    assert video.probe(reader(path)).duration_seconds == 0
    with pytest.raises(VideoTooLongError):
        extract(video, path, tmp_path / "out.flac")


def live(path: Path) -> Path:
    """Return a recording as a browser writes it, without sizes and duration."""
    return level(path, "libopus", rate=48_000, seconds=3, live="1")


def test_a_live_webm_without_a_duration_is_whole(tmp_path: Path) -> None:
    path = live(tmp_path / "a.webm")

    assert opened(path).probe(reader(path)).duration_seconds == 0
    assert len(samples_of(path, tmp_path)) / 16_000 == pytest.approx(3, abs=0.1)


def inspected(monkeypatch: pytest.MonkeyPatch, content: Path, key: str) -> Any:
    data = content.read_bytes()
    bucket = Bucket(len(data), {0: data})
    monkeypatch.setattr("lifestream.aws.clients.s3", lambda: bucket)
    return inspect(a_job(key=key), max_seconds=60)


@pytest.mark.parametrize("suffix", EXTENSIONS)
def test_every_kind_of_file_passes_the_inspection_in_both_cases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    path = tone(tmp_path / f"a{suffix}", seconds=1)

    found = inspected(monkeypatch, path, f"uploads/a{suffix.upper()}")

    assert found.container == identified(path.read_bytes())


def test_an_unknown_extension_is_rejected_before_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UnsupportedExtensionError):
        inspected(monkeypatch, tone(tmp_path / "a.mp3", seconds=1), "uploads/a.txt")


@pytest.mark.parametrize(("content", "suffix"), [(".mkv", ".mp4"), (".mp3", ".wav")])
def test_content_that_differs_from_the_extension_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, suffix: str
) -> None:
    path = tone(tmp_path / f"a{content}", seconds=1)

    found = inspected(monkeypatch, path, f"uploads/a{suffix}")

    assert found.container == identified(path.read_bytes())


@pytest.mark.parametrize(
    ("container", "noted"),
    [
        (Container.MATROSKA, ["the content is Matroska, although the name ends in .mp4"]),
        (Container.MP4, []),
        (None, []),
    ],
)
def test_content_that_differs_from_the_extension_is_noted_in_the_results(
    container: Container | None, noted: list[str]
) -> None:
    source = Source(bucket="b", key="uploads/a.MP4", version_id=None, etag=None)
    transcript = a_transcript(("SPEAKER_00", "hello")).model_copy(
        update={"source": source.model_copy(update={"container": container})}
    )

    facts = Recording("a.MP4", transcript, "Good.").facts

    assert [fact for fact in facts if "content" in fact] == noted


def test_uploads_carry_the_type_of_their_content() -> None:
    """The content types do not depend on the system's own list."""
    assert content_type("uploads/a.M4A") == "audio/mp4"
    assert content_type("uploads/a.webm") == "video/webm"
    assert content_type("uploads/a.txt") == "application/octet-stream"
    assert extension("uploads/a.tar.OPUS") == ".opus"
