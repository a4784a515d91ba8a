"""The number of bytes that are fetched of a video is limited, even if its headers lie."""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream

from builders import a_job, an_inspected_job
from fakes import InlineExecutor
from lifestream.aws.artifacts import Artifacts
from lifestream.aws.read_ahead import BLOCK
from lifestream.aws.videos import ReadBudget, VideoObject
from lifestream.domain.file_types import Container
from lifestream.errors import ConfigurationError, TruncatedVideoError, VideoTooComplexError
from lifestream.media.audio import load_samples
from lifestream.media.container_format import identify
from lifestream.media.declared_end import MAX_HEADER_READS
from lifestream.media.sandbox import Video
from media_files import tone
from simulated_store import Bucket
from steps.extract_audio import extract as extract_step
from steps.inspect_video import inspect
from unit.test_sandbox import extract

pytestmark = pytest.mark.attack

BOXES = 10_000
BOX_BYTES = 600_000
MIB = 1 << 20
FTYP = struct.pack(">I4sQ", 16, b"ftyp", 0)


def boxes_around(*, before: bytes = b"", after: bytes = b"") -> Bucket:
    """Insert ten thousand boxes of 600 kB between the two (6 GB)."""
    header = struct.pack(">I4s", BOX_BYTES, b"free")
    starts = [len(before) + number * BOX_BYTES for number in range(BOXES)]
    end = len(before) + BOXES * BOX_BYTES
    return Bucket(end + len(after), {0: before, **dict.fromkeys(starts, header), end: after})


def fragmented(path: Path, *, seconds: int) -> Path:
    """Return a file as a browser or OBS records it: boxes of audio, each with its own index."""
    with av.open(str(path), "w", options={"movflags": "frag_every_frame+empty_moov"}) as sink:
        stream = sink.add_stream("aac", rate=16_000, layout="mono")
        assert isinstance(stream, AudioStream)
        for start in range(0, seconds * 16_000, 16_000):
            frame = av.AudioFrame.from_ndarray(
                np.full((1, 16_000), 100, dtype=np.int16), layout="mono"
            )
            frame.sample_rate, frame.pts = 16_000, start
            sink.mux(stream.encode(frame))
        sink.mux(stream.encode(None))
    return path


def opened(bucket: Any) -> VideoObject:
    budget, pool = ReadBudget.for_inspection, InlineExecutor()
    return VideoObject.open(bucket, a_job(), budget=budget, pool=pool)


def test_ten_thousand_boxes_without_an_index_end_in_a_named_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bucket = boxes_around(before=FTYP)
    monkeypatch.setattr("lifestream.aws.clients.s3", lambda: bucket)

    with pytest.raises(VideoTooComplexError, match="no index"):
        inspect(a_job(), max_seconds=60)

    assert bucket.requests <= 1 + MAX_HEADER_READS
    assert bucket.fetched <= 5 * MIB


def test_many_boxes_after_the_index_are_a_long_recording(tmp_path: Path) -> None:
    bucket = boxes_around(before=tone(tmp_path / "a.mp4", seconds=1).read_bytes())
    video = opened(bucket)

    assert identify(video.read_range, video.size) == Container.MP4
    assert bucket.requests <= 1 + MAX_HEADER_READS
    assert bucket.fetched <= 5 * MIB


def test_a_common_video_takes_few_requests(tmp_path: Path) -> None:
    path = tone(tmp_path / "a.mp4", seconds=3)
    bucket = Bucket(path.stat().st_size, {0: path.read_bytes()})
    video = opened(bucket)

    identify(video.read_range, video.size)

    assert bucket.requests <= 4
    assert bucket.fetched <= 4 * 4_096


def test_a_fragmented_video_is_read_whole(tmp_path: Path) -> None:
    path = fragmented(tmp_path / "a.mp4", seconds=60)
    bucket = Bucket(path.stat().st_size, {0: path.read_bytes()})
    video = opened(bucket)

    found = Video(
        container=identify(video.read_range, video.size), size=video.size, max_seconds=3_600
    )
    samples = load_samples(extract(found, path, tmp_path / "a.flac"))

    assert path.read_bytes().count(b"moof") > 500
    assert bucket.requests <= 200
    assert len(samples) / 16_000 == pytest.approx(60, abs=0.2)


def test_a_fragmented_video_that_was_cut_is_recognized(tmp_path: Path) -> None:
    data = fragmented(tmp_path / "a.mp4", seconds=5).read_bytes()[:-3_000]
    video = opened(Bucket(len(data), {0: data}))

    with pytest.raises(TruncatedVideoError):
        identify(video.read_range, video.size)


def test_a_decoder_that_jumps_without_end_is_stopped_at_the_budget(tmp_path: Path) -> None:
    """FFmpeg also visits the boxes before the index, and fetches a block at each."""
    bucket = boxes_around(before=FTYP, after=tone(tmp_path / "a.mp4", seconds=1).read_bytes())
    video = opened(bucket)

    with pytest.raises(VideoTooComplexError, match="jump"):
        Video(container=Container.MP4, size=video.size, max_seconds=60).probe(video.read_at)

    assert bucket.requests <= 1_500
    assert bucket.fetched <= 512 * MIB


def test_an_extraction_may_read_the_whole_video() -> None:
    for size in (1, 4 * MIB, 100 << 30):
        budget = ReadBudget.for_extraction(size)

        assert budget.size > size
        assert budget.requests > size // BLOCK


class BucketWithoutRanges(Bucket):
    """A store that ignores ranges, like some S3-compatible ones: it returns the whole object."""

    def get_object(self, **asked: Any) -> dict[str, Any]:
        whole = super().get_object(**asked | {"Range": f"bytes=0-{self.size - 1}"})
        return {"Body": whole["Body"]}


def test_a_store_that_ignores_ranges_is_named_and_not_decoded() -> None:
    bucket = BucketWithoutRanges(3 * MIB, {0: FTYP})

    with pytest.raises(ConfigurationError, match="range"):
        opened(bucket).read_at(MIB, 10)


class BucketOfAudio(Bucket):
    """A bucket that also keeps uploads, and lists a folder at every read."""

    def __init__(self, video: bytes, folder: Path) -> None:
        super().__init__(len(video), {0: video})
        self.uploaded = b""
        self.files_seen: set[str] = set()
        self._folder = folder

    def get_object(self, **asked: Any) -> dict[str, Any]:
        self.files_seen |= {path.name for path in self._folder.rglob("*") if path.is_file()}
        return super().get_object(**asked)

    def upload_fileobj(self, file: BinaryIO, _bucket: str, _key: str) -> None:
        self.uploaded = file.read()


def test_an_extraction_that_is_killed_leaves_no_file_in_tmp(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Lambda keeps /tmp when it restarts a killed function, so leftover files would fill it:
    "Lambda execution environment lifecycle",
    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
    video = tone(tmp_path / "a.mp4", seconds=2).read_bytes()
    folder = tmp_path / "tmp"
    folder.mkdir()
    bucket: Any = BucketOfAudio(video, folder)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr("lifestream.aws.clients.s3", lambda: bucket)
    monkeypatch.setattr("steps.extract_audio.artifacts", lambda: Artifacts(bucket, "bucket"))

    extract_step(an_inspected_job(key="uploads/a.mp4", duration=2))

    assert bucket.files_seen == set()
    assert bucket.uploaded.startswith(b"fLaC")
    assert list(folder.iterdir()) == []
