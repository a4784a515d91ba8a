"""How many bytes of a recording are fetched for its audio, and how long that takes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from hypothesis import given
from hypothesis import strategies as st

from builders import a_job
from camera_files import Recording, camera_recording
from fakes import InlineExecutor
from lifestream.aws.read_ahead import BLOCK, BYTES_KEPT, FIRST_BYTES, ReadAhead
from lifestream.aws.videos import ReadBudget, VideoObject
from lifestream.media.audio import load_samples
from lifestream.media.audio_ranges import LONGEST_RANGE, AudioRanges, Range
from lifestream.media.container_format import identify
from lifestream.media.remote_file import RemoteFile
from lifestream.media.sandbox import Video
from media_files import SAMPLE, convert
from simulated_store import BYTES_PER_SECOND, LATENCY_SECONDS, Bucket, SimulatedStore
from simulation.world import decode_here
from unit.test_video_reads import fragmented

SCALE = 60
"""A part of the required twelve hours and 60 GB, which `make bench` measures in full."""


def extracted(recording: Recording, flac: Path, store: Any) -> Bucket:
    bucket: Any = Bucket(recording.size, recording.pieces)
    video = VideoObject.open(bucket, a_job(), budget=ReadBudget.for_extraction, pool=store)
    container = identify(video.read_range, video.size)
    found = Video(container=container, size=video.size, max_seconds=43_200)
    with flac.open("wb+") as output:
        found.extract_audio(video.read_at, output, prefetch=video.prefetch)
    return bucket  # type: ignore[no-any-return]


def test_the_audio_of_a_long_camera_file_is_fetched_alone_and_in_time(tmp_path: Path) -> None:
    seconds = 43_200 // SCALE
    recording = camera_recording(tmp_path, seconds=seconds, size=60_000_000_000 // SCALE)
    store = SimulatedStore()

    bucket = extracted(recording, tmp_path / "a.flac", store)

    samples = load_samples(tmp_path / "a.flac")
    assert len(samples) / 16_000 == pytest.approx(seconds, rel=0.01)
    assert np.abs(samples.reshape(-1)[: 16_000 * 600].reshape(600, -1)).max(axis=1).min() > 0.05
    assert bucket.fetched < 1.5 * recording.audio_bytes
    assert store.seconds < 12 * 60 / SCALE


def interleaved(path: Path, *, seconds: int) -> int:
    """Write a file as FFmpeg does, with one or two frames of audio after each video frame.

    Return the bytes of the audio.
    """
    chance = np.random.default_rng(1)
    with av.open(str(path), "w") as sink:
        picture = sink.add_stream("mpeg4", rate=25)
        audio = sink.add_stream("aac", rate=44_100, layout="mono")
        assert isinstance(picture, VideoStream)
        assert isinstance(audio, AudioStream)
        picture.width, picture.height, picture.bit_rate = 320, 240, 8_000_000
        for number in range(seconds * 25):
            noise = chance.integers(0, 255, (240, 320, 3)).astype(np.uint8)
            sink.mux(picture.encode(av.VideoFrame.from_ndarray(noise, format="rgb24")))
            samples = chance.integers(-8_000, 8_000, (1, 1_764)).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(samples, layout="mono")
            frame.sample_rate, frame.pts = 44_100, number * 1_764
            sink.mux(audio.encode(frame))
        sink.mux(picture.encode(None))
        sink.mux(audio.encode(None))
    with av.open(str(path)) as written:
        return sum(entry.size for entry in written.streams.audio[0].index_entries)


def whole(path: Path) -> Recording:
    data = path.read_bytes()
    return Recording(len(data), 0, {0: data})


def test_few_pictures_between_the_audio_are_fetched(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    audio_bytes = interleaved(path, seconds=20)

    bucket = extracted(whole(path), tmp_path / "a.flac", InlineExecutor())

    assert path.stat().st_size > 20 * audio_bytes
    assert bucket.fetched < 3 * audio_bytes
    assert len(load_samples(tmp_path / "a.flac")) / 16_000 == pytest.approx(20, abs=0.1)


@pytest.mark.parametrize("kind", ["sample", "mov", "interleaved", "fragmented", "m4a"])
def test_the_audio_is_the_same_as_if_all_were_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = tmp_path / "a.mp4"
    match kind:
        case "sample":
            path = SAMPLE
        case "interleaved":
            interleaved(path, seconds=2)
        case "fragmented":
            fragmented(path, seconds=20)
        case _:
            path = convert(SAMPLE, tmp_path / f"a.{kind}", seconds=10)

    def flac(name: str) -> bytes:
        with (tmp_path / name).open("wb+") as output:
            data = path.read_bytes()
            request = {"container": "mov", "size": len(data), "max_seconds": 60}
            decode_here(
                request | {"output": output.fileno()},
                lambda offset, size: data[offset : offset + size],
                SimpleNamespace(model_validate_json=str),
            )
            output.seek(0)
            return output.read()

    with_ranges = flac("ranges.flac")
    monkeypatch.setattr(RemoteFile, "expect", lambda *_: None)
    without = flac("whole.flac")

    assert with_ranges == without


@given(
    gaps=st.lists(st.integers(0, 5_000_000), min_size=1, max_size=200),
    sizes=st.lists(st.integers(1, 100_000), min_size=1, max_size=200),
    chance=st.randoms(use_true_random=False),
)
def test_ranges_hold_every_piece_once_and_not_much_more(
    gaps: list[int], sizes: list[int], chance: random.Random
) -> None:
    pieces, end = [], 0
    for gap, size in zip(gaps, sizes, strict=False):
        pieces.append((end + gap, size))
        end += gap + size
    shuffled = chance.sample(pieces, len(pieces))

    ranges = AudioRanges(shuffled, seconds=1)

    found = [ranges[number] for number in range(len(ranges))]
    ends = [sum(one) for one in found]
    assert all(end <= after.offset for end, after in zip(ends, found[1:], strict=False))
    assert all(one.size <= LONGEST_RANGE for one in found)
    assert sum(one.size for one in found) <= 1.5 * sum(size for _, size in pieces)
    for offset, size in pieces:
        number = ranges.position(offset)
        assert found[number].offset <= offset
        assert offset + size <= ends[number]


def test_many_small_pieces_are_merged_with_their_neighbours() -> None:
    """One request per piece would take longer and cost more than reading the video in between."""
    pieces = [(number * 50_000, 100) for number in range(40_000)]
    pieces += [(number * 4_000_000, 100) for number in range(1_000, 2_000)]

    ranges = AudioRanges(pieces, seconds=600)

    assert len(ranges) < 2_000


def test_an_index_that_names_bytes_twice_reads_them_once() -> None:
    ranges = AudioRanges([(100, 50), (0, 50), (100, 50), (120, 80)], seconds=1)

    assert [ranges[number] for number in range(len(ranges))] in (
        [Range(0, 50), Range(100, 100)],
        [Range(0, 200)],
    )


class Store:
    """An object of pseudo-random content that records the fetched ranges."""

    def __init__(self, size: int) -> None:
        self.data = random.Random(1).randbytes(size)
        self.fetched: list[tuple[int, int]] = []

    def fetch(self, offset: int, size: int) -> bytes:
        self.fetched.append((offset, size))
        return self.data[offset : offset + size]

    def ahead(self, pool: Any = None) -> ReadAhead:
        return ReadAhead(self.fetch, len(self.data), pool or InlineExecutor())


@pytest.fixture(scope="module")
def content() -> Store:
    return Store(40 << 20)


@pytest.fixture
def store(content: Store) -> Store:
    content.fetched.clear()
    return content


def read_all(ahead: ReadAhead, size: int) -> bytes:
    read = bytearray()
    while len(read) < size:
        read += ahead.read_at(len(read), 1 << 20)
    return bytes(read)


def test_a_sequential_reader_gets_growing_blocks_and_each_byte_once(store: Store) -> None:
    assert read_all(store.ahead(), len(store.data)) == store.data

    assert store.fetched[:3] == [(0, FIRST_BYTES), (FIRST_BYTES, 2 * FIRST_BYTES),
                                 (3 * FIRST_BYTES, 4 * FIRST_BYTES)]  # fmt: skip
    assert sum(size for _, size in store.fetched) == len(store.data)
    assert max(size for _, size in store.fetched) == BLOCK


def test_a_sequential_reader_uses_the_full_bandwidth(store: Store) -> None:
    simulated = SimulatedStore()

    read_all(store.ahead(simulated), len(store.data))

    ideal = len(store.data) / BYTES_PER_SECOND
    assert simulated.seconds < ideal + 10 * LATENCY_SECONDS


def test_a_jumping_reader_gets_small_blocks(store: Store) -> None:
    ahead = store.ahead()

    for offset in range(0, len(store.data), 4 << 20):
        assert ahead.read_at(offset, 10) == store.data[offset : offset + 10]

    assert {size for _, size in store.fetched} == {FIRST_BYTES}


def test_two_interleaved_sequential_reads_take_few_requests(store: Store) -> None:
    """The audio is in one half of the file, an index in the other."""
    ahead = store.ahead()

    for offset in range(0, 4 << 20, FIRST_BYTES):
        for start in (offset, (20 << 20) + offset):
            assert ahead.read_at(start, FIRST_BYTES) == store.data[start : start + FIRST_BYTES]

    assert len(store.fetched) < 30


def test_prefetched_ranges_are_fetched_unchanged(store: Store) -> None:
    ahead = store.ahead()

    ahead.prefetch([(5, 10), (1_000_000, 20), (5, 10)])
    read = ahead.read_at(5, 1 << 20), ahead.read_at(1_000_000, 1 << 20)

    assert read == (store.data[5:15], store.data[1_000_000:1_000_020])
    assert store.fetched == [(5, 10), (1_000_000, 20)]


@pytest.mark.attack
def test_the_cache_of_a_large_file_is_bounded() -> None:
    ahead = ReadAhead(lambda _, size: bytes(size), 1 << 40, InlineExecutor())

    ahead.prefetch((offset, BLOCK) for offset in range(0, 200 * BLOCK, BLOCK))

    assert sum(piece.end - piece.start for piece in ahead._pieces) <= BYTES_KEPT


@pytest.mark.attack
@pytest.mark.parametrize(
    "ranges",
    [
        [(-5, 10), (1 << 60, 10), (5, -1), (0, 0)],
        [(0, 1 << 60)] * 3,
        [(offset << 20, 1 << 30) for offset in range(40)],
    ],
)
def test_memory_is_bounded_for_any_prefetched_ranges(
    store: Store, ranges: Sequence[tuple[int, int]]
) -> None:
    ahead = store.ahead()

    ahead.prefetch(ranges)

    assert all(0 <= offset < len(store.data) and size <= BLOCK for offset, size in store.fetched)
    assert sum(piece.end - piece.start for piece in ahead._pieces) <= BYTES_KEPT
