"""Broken media files end in audio or in a named error. `make fuzz FAMILY=media` runs this.

Each file is a real one, of any container, that was changed in up to eight places.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Literal

from hypothesis import event, given
from hypothesis import strategies as st

from fuzz.fuzzing import bounded, children_megabytes, examples
from lifestream.errors import PipelineError, UnusableVideoError
from lifestream.media.container_format import identify
from lifestream.media.sandbox import Video, decoder_megabytes
from listening import Listener, listening
from media_files import CODECS, tone

Change = Callable[[bytes], bytes]
MAX_BYTES = 4 << 20
OWN_MEGABYTES = 64
CPU_SECONDS = 60
"""The limit of a probe, which reads a second of audio in a fraction of one."""
NUMBERS = (0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)
PLAYLISTS = (
    "#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1:{port}/a.ts\n",
    "ffconcat version 1.0\nfile http://127.0.0.1:{port}/a.ts\n",
    "<MPD><BaseURL>http://127.0.0.1:{port}/</BaseURL></MPD>",
)
places = st.one_of(st.integers(0, 400), st.integers(0, 100_000))
"""Often in the header, whose numbers decide most."""


@cache
def whole(suffix: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return tone(Path(folder) / f"a{suffix}", seconds=1).read_bytes()


def overwritten(place: int, new: bytes) -> Change:
    return lambda data: data[: place % len(data)] + new + data[place % len(data) + len(new) :]


def inserted(place: int, new: bytes) -> Change:
    return lambda data: data[: place % len(data)] + new + data[place % len(data) :]


def removed(place: int, size: int) -> Change:
    return lambda data: data[: place % len(data)] + data[place % len(data) + size :]


def repeated(place: int, size: int, times: int) -> Change:
    def change(data: bytes) -> bytes:
        start = place % len(data)
        part = data[start : start + size]
        return data[:start] + part * times + data[start:]

    return change


def number(value: int, width: int, order: Literal["big", "little"]) -> bytes:
    return (value & ((1 << 8 * width) - 1)).to_bytes(width, order)


numbers = st.builds(
    number,
    st.sampled_from(NUMBERS),
    st.sampled_from([1, 2, 4, 8]),
    st.sampled_from(["big", "little"]),
)
changes = st.one_of(
    st.builds(overwritten, places, st.binary(min_size=1, max_size=64)),
    st.builds(overwritten, places, numbers),
    st.builds(inserted, places, st.binary(min_size=1, max_size=64)),
    st.builds(inserted, places, st.sampled_from(sorted(CODECS)).map(lambda s: whole(s)[:2_000])),
    st.builds(removed, places, st.integers(1, 5_000)),
    st.builds(repeated, places, st.integers(1, 2_000), st.integers(2, 50)),
)


def broken(data: bytes, how: list[Change]) -> bytes:
    for change in how:
        if data:
            data = change(data)[:MAX_BYTES]
    return data


@examples
@given(
    suffix=st.sampled_from(sorted(CODECS)),
    how=st.lists(changes, min_size=1, max_size=8),
    playlist=st.sampled_from(["", "", "", "", "", "", "", *PLAYLISTS]),
)
def test_a_broken_file_gives_audio_or_a_named_error(
    suffix: str, how: list[Change], playlist: str
) -> None:
    with listening() as port, bounded(own_megabytes=OWN_MEGABYTES, cpu_seconds=CPU_SECONDS):
        data = broken(playlist.format(port=port).encode() + whole(suffix), how)
        try:
            extract(data)
            event("audio")
        except PipelineError as error:
            event(type(error).__name__)
            assert isinstance(error, UnusableVideoError), repr(error)  # noqa: PT017  # or audio
        assert Listener.calls == 0
    assert children_megabytes() <= decoder_megabytes()


def extract(data: bytes) -> None:
    """Do what InspectVideo and ExtractAudio do with a file."""

    def read_at(offset: int, size: int) -> bytes:
        return data[offset : offset + size]

    video = Video(container=identify(read_at, len(data)), size=len(data), max_seconds=3_600)
    video.probe(read_at)
    with tempfile.TemporaryFile() as flac:
        video.extract_audio(read_at, flac)
