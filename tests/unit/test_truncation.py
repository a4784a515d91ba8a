"""A file counts as truncated if, and only if, its own container says that bytes are missing."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from lifestream.errors import TruncatedVideoError
from lifestream.media.container_format import identify
from media_files import cut, level, tone, tones
from unit.test_audio_shapes import samples_of
from unit.test_sandbox import extract, opened, reader

PICTURE_SECONDS = 12
SHAPES: Mapping[str, list[tuple[float, float]]] = {
    "ends at half": [(0, 6)],
    "starts late": [(7, 12)],
    "has gaps": [(0, 3), (5, 7), (10, 12)],
}


def loud_seconds(samples: np.ndarray) -> set[int]:
    """Return the seconds that have a tone in their middle."""
    middles = range(8_000, len(samples), 16_000)
    return {at // 16_000 for at in middles if np.abs(samples[at : at + 800]).max() > 0.1}


def second_starts(path: Path, seconds: int) -> Path:
    """Set dwStart of the audio's stream header (AVISTREAMHEADER), which FFmpeg leaves at 0."""
    data = bytearray(path.read_bytes())
    header = data.index(b"auds")
    scale, rate = struct.unpack("<II", data[header + 20 : header + 28])
    data[header + 28 : header + 32] = struct.pack("<I", seconds * rate // scale)
    path.write_bytes(bytes(data))
    return path


@pytest.mark.fault(
    "E7",
    by="audio that ends early, starts late or has gaps",
    so="the gaps are kept; times are right",
)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_audio_may_be_shorter_than_the_picture(tmp_path: Path, suffix: str, shape: str) -> None:
    spans = SHAPES[shape]
    path = tones(tmp_path / f"a{suffix}", seconds=PICTURE_SECONDS, spans=spans)

    probe = opened(path).probe(reader(path))
    samples = samples_of(path, tmp_path)

    assert probe.duration_seconds == pytest.approx(PICTURE_SECONDS, abs=0.2)
    assert len(samples) / 16_000 == pytest.approx(spans[-1][1], abs=0.15)
    assert loud_seconds(samples) == {s for begin, end in spans for s in range(int(begin), int(end))}


@pytest.mark.parametrize("shape", SHAPES)
def test_an_avi_counts_audio_by_its_bytes(tmp_path: Path, shape: str) -> None:
    """AVI has no timestamps, so players close all gaps. It can only declare a late start."""
    spans = SHAPES[shape]
    seconds = int(sum(end - begin for begin, end in spans))
    path = tones(tmp_path / "a.avi", seconds=PICTURE_SECONDS, spans=spans)
    late = int(spans[0][0])

    samples = samples_of(second_starts(path, late) if late else path, tmp_path)

    assert len(samples) / 16_000 == pytest.approx(late + seconds, abs=0.15)
    assert loud_seconds(samples) == set(range(late, late + seconds))


@pytest.mark.fault("E3", by="an MKV that is cut off, under any name", so="TruncatedVideoError")
@pytest.mark.parametrize("share", [0.5, 0.99])
def test_a_matroska_file_that_was_cut_off_is_refused(tmp_path: Path, share: float) -> None:
    path = cut(tone(tmp_path / "a.mkv", seconds=2), tmp_path / "a.mp4", share=share)

    with pytest.raises(TruncatedVideoError, match="bytes too early"):
        opened(path)


def with_index_first(path: Path) -> bytes:
    """Move the index first. The size 0 of the last box (media data) means "to the end of file"."""
    data = level(path, "aac", seconds=5, movflags="faststart").read_bytes()
    at = data.index(b"mdat")
    return data[: at - 4] + bytes(4) + data[at:]


def test_an_index_that_names_missing_bytes_is_evidence(tmp_path: Path) -> None:
    """No box is truncated here. Only the index shows where the audio ends."""
    path = tmp_path / "a.mp4"
    whole = with_index_first(path)
    path.write_bytes(whole[:-200])
    identify(reader(path), len(whole) - 200)

    with pytest.raises(TruncatedVideoError, match="bytes before its audio"):
        opened(path).probe(reader(path))
    with pytest.raises(TruncatedVideoError, match="bytes before its audio"):
        extract(opened(path), path, tmp_path / "a.flac")
