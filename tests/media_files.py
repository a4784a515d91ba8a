"""Real media files for the tests, made with PyAV from the sample or from a tone."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SAMPLE = Path(__file__).parent.parent / "samples" / "team-meeting.mp4"
CODECS = {
    ".mp4": ("libx264", "aac"),
    ".mov": ("libx264", "aac"),
    ".avi": ("mpeg4", "libmp3lame"),
    ".mkv": ("libx264", "libopus"),
}
SOUND_RATE = {"aac": 44_100, "libmp3lame": 44_100, "libopus": 48_000}


def convert(source: Path, target: Path, *, seconds: float | None = None) -> Path:
    """The same recording in another container, with the codecs usual there."""
    video_codec, audio_codec = CODECS[target.suffix]
    with av.open(str(source)) as recording, av.open(str(target), "w") as sink:
        picture = sink.add_stream(video_codec, rate=5)
        picture.width, picture.height, picture.pix_fmt = 320, 180, "yuv420p"
        sound = sink.add_stream(audio_codec, rate=SOUND_RATE[audio_codec], layout="mono")
        frames = 0
        for packet in recording.demux(video=0, audio=0):
            for frame in packet.decode():
                if seconds is not None and (frame.time or 0) > seconds:
                    continue
                if isinstance(frame, av.VideoFrame):
                    frame.pts, frame.time_base = frames, Fraction(1, 5)
                    frames += 1
                    sink.mux(picture.encode(frame))
                else:
                    sink.mux(sound.encode(frame))
        sink.mux(picture.encode(None))
        sink.mux(sound.encode(None))
    return target


def tone(target: Path, *, seconds: float, sound: bool = True, picture: bool = True) -> Path:
    """A grey picture and a 440 Hz tone; either can be left out."""
    video_codec, audio_codec = CODECS[target.suffix]
    with av.open(str(target), "w") as sink:
        if picture:
            stream = sink.add_stream(video_codec, rate=5)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        if sound:
            audio = sink.add_stream(audio_codec, rate=SOUND_RATE[audio_codec], layout="mono")
        if picture:
            for number in range(int(seconds * 5)):
                grey = np.full((48, 64, 3), 128, dtype=np.uint8)
                frame = av.VideoFrame.from_ndarray(grey, format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, 5)
                sink.mux(stream.encode(frame))
            sink.mux(stream.encode(None))
        if sound:
            rate = SOUND_RATE[audio_codec]
            wave = np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate)
            pcm = (wave * 8_000).astype(np.int16)
            for start in range(0, len(pcm), rate):
                part = av.AudioFrame.from_ndarray(pcm[None, start : start + rate], layout="mono")
                part.sample_rate, part.pts = rate, start
                sink.mux(audio.encode(part))
            sink.mux(audio.encode(None))
    return target


def cut(source: Path, target: Path, *, share: float) -> Path:
    """The first bytes of a file, as an upload that broke off leaves it."""
    data = source.read_bytes()
    target.write_bytes(data[: int(len(data) * share)])
    return target
