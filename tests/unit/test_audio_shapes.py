"""Odd audio tracks and headers: the extracted audio has the right length."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream

from lifestream.errors import UnreadableVideoError, UnusableVideoError
from lifestream.media.audio import load_samples
from lifestream.media.sandbox import Video
from media_files import tone
from unit.test_sandbox import extract, opened, reader

CENTRE_HERTZ = 440
MONO_IN_MATROSKA = b"\x9f\x81\x01"
"""The element Channels, one byte long: 1."""


def recording(path: Path, *, codec: str, rate: int, layout: str, seconds: float) -> Path:
    """Write a tone in every channel, without video, as some cameras do in a second file."""
    samples = int(seconds * rate)
    wave = np.sin(2 * np.pi * CENTRE_HERTZ * np.arange(samples) / rate) * 8_000
    channels = av.AudioLayout(layout).nb_channels
    pcm = np.repeat(wave.astype(np.int16)[:, None], channels, axis=1).reshape(1, -1)
    with av.open(str(path), "w") as sink:
        stream = sink.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(stream, AudioStream)
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout=layout)
        frame.sample_rate, frame.pts = rate, 0
        resampler = av.AudioResampler(stream.format, layout, rate)
        for part in resampler.resample(frame):
            sink.mux(stream.encode(part))
        sink.mux(stream.encode(None))
    return path


def samples_of(path: Path, folder: Path, video: Video | None = None) -> np.ndarray:
    flac = folder / "audio.flac"
    return load_samples(extract(video or opened(path), path, flac))


@pytest.mark.fault(
    "E5", by="8 to 192 kHz, 1 to 6 channels, 16 and 24 bit", so="the same duration, ± 20 ms"
)
@pytest.mark.parametrize(
    ("codec", "rate", "layout"),
    [
        ("pcm_s16le", 8_000, "mono"),
        ("pcm_s16le", 192_000, "stereo"),
        ("pcm_s24le", 48_000, "stereo"),
        ("pcm_s16le", 48_000, "5.1"),
        ("flac", 44_100, "stereo"),
    ],
)
def test_every_rate_layout_and_depth_keeps_its_duration(
    tmp_path: Path, codec: str, rate: int, layout: str
) -> None:
    path = recording(tmp_path / "a.mkv", codec=codec, rate=rate, layout=layout, seconds=2)

    samples = samples_of(path, tmp_path)

    assert len(samples) / 16_000 == pytest.approx(2, abs=0.02)
    assert np.abs(samples).max() > 0.1


@pytest.mark.fault("E5", by="ten audio tracks", so="the first track is transcribed")
def test_the_first_of_several_tracks_is_used(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as sink:
        streams = [sink.add_stream("pcm_s16le", rate=16_000, layout="mono") for _ in range(10)]
        for number, stream in enumerate(streams):
            assert isinstance(stream, AudioStream)
            pcm = np.full((1, 16_000 * (1 + (number > 0))), 8_000 * (number == 0), dtype=np.int16)
            frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
            frame.sample_rate, frame.pts = 16_000, 0
            sink.mux(stream.encode(frame))

    samples = samples_of(path, tmp_path)

    assert len(samples) / 16_000 == pytest.approx(1, abs=0.02)
    assert np.abs(samples).max() > 0.1


@pytest.mark.fault("E6", by="a header with a wrong duration", so="the decoded duration counts")
@pytest.mark.parametrize("seconds", [0, 1, 2**31 // 1_000])
def test_a_wrong_duration_in_the_header_is_ignored(tmp_path: Path, seconds: int) -> None:
    path = tone(tmp_path / "a.mp4", seconds=3)
    data = bytearray(path.read_bytes())
    for box, offset in ((b"mvhd", 20), (b"mdhd", 20)):
        at = data.find(box)
        [scale] = struct.unpack(">I", data[at + offset - 4 : at + offset])
        data[at + offset : at + offset + 4] = struct.pack(">I", min(seconds * scale, 2**32 - 1))
    path.write_bytes(bytes(data))

    try:
        samples = samples_of(path, tmp_path, opened(path, max_seconds=12 * 3_600))
    except UnusableVideoError:
        assert seconds > 12 * 3_600  # refused because of its header
    else:
        assert len(samples) / 16_000 == pytest.approx(3, abs=0.2)


@pytest.mark.fault("E9", by="1 sample, 10 ms, around 30 s", so="all audio is kept; no crash")
@pytest.mark.parametrize("seconds", [1 / 16_000, 0.01, 29.99, 30, 30.01])
def test_boundary_durations_keep_all_audio(tmp_path: Path, seconds: float) -> None:
    path = recording(
        tmp_path / "a.mkv", codec="pcm_s16le", rate=16_000, layout="mono", seconds=seconds
    )

    samples = samples_of(path, tmp_path)

    assert len(samples) / 16_000 == pytest.approx(seconds, abs=0.02)


def with_channels(path: Path, channels: int) -> Path:
    """Return PCM whose header declares this number of channels without a named layout."""
    mono = recording(path, codec="pcm_s16le", rate=16_000, layout="mono", seconds=1)
    data = mono.read_bytes()
    assert data.count(MONO_IN_MATROSKA) == 1
    path.write_bytes(data.replace(MONO_IN_MATROSKA, MONO_IN_MATROSKA[:-1] + bytes([channels])))
    return path


@pytest.mark.parametrize("channels", [9, 64, 255])
def test_more_channels_than_can_be_mixed_are_refused_with_the_limit(
    tmp_path: Path, channels: int
) -> None:
    path = with_channels(tmp_path / "a.mkv", channels)

    with pytest.raises(UnreadableVideoError, match=f"{channels} channels of audio; the limit"):
        opened(path).probe(reader(path))


@pytest.mark.parametrize("suffix", [".mkv", ".avi"])
def test_rate_and_channels_may_change_along_the_track(tmp_path: Path, suffix: str) -> None:
    """This happens in edited broadcasts: each MP3 frame declares its own rate and channels."""
    path = tmp_path / f"a{suffix}"
    with av.open(str(path), "w") as sink:
        stream = sink.add_stream("libmp3lame", rate=44_100, layout="stereo")
        assert isinstance(stream, AudioStream)
        clock = Fraction(0)
        for rate, layout, samples_each in ((44_100, "stereo", 1_152), (22_050, "mono", 576)):
            for packet in mp3(rate=rate, layout=layout, seconds=2):
                packet.stream, packet.time_base = stream, Fraction(1, 1_000)
                packet.pts = packet.dts = int(clock * 1_000)
                clock += Fraction(samples_each, rate)
                sink.mux(packet)

    samples = samples_of(path, tmp_path)

    assert len(samples) / 16_000 == pytest.approx(4, abs=0.15)
    assert np.abs(samples[: 16_000 * 2]).max() > 0.1
    assert np.abs(samples[16_000 * 3 :]).max() > 0.1


def mp3(*, rate: int, layout: str, seconds: int) -> list[av.Packet[AudioStream]]:
    encoder = av.CodecContext.create("libmp3lame", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = rate, layout, "s16p"
    encoder.time_base = Fraction(1, rate)
    wave = np.sin(2 * np.pi * CENTRE_HERTZ * np.arange(rate * seconds) / rate) * 8_000
    channels = av.AudioLayout(layout).nb_channels
    frame = av.AudioFrame.from_ndarray(
        np.repeat(wave.astype(np.int16)[None], channels, axis=0), format="s16p", layout=layout
    )
    frame.sample_rate, frame.pts, frame.time_base = rate, 0, encoder.time_base
    return [*encoder.encode(frame), *encoder.encode(None)]
