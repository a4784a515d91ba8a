"""Real media files for the tests, made with PyAV from the sample or from a tone."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import takewhile
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

SAMPLE = Path(__file__).parent.parent / "samples" / "team-meeting.mp4"
CODECS: dict[str, tuple[str | None, str, int]] = {
    ".mp4": ("libx264", "aac", 44_100),
    ".m4v": ("libx264", "aac", 44_100),
    ".mov": ("libx264", "aac", 44_100),
    ".avi": ("mpeg4", "libmp3lame", 44_100),
    ".mkv": ("libx264", "libopus", 48_000),
    ".webm": ("libvpx", "libopus", 48_000),
    ".m4a": (None, "aac", 44_100),
    ".mp3": (None, "libmp3lame", 44_100),
    ".aac": (None, "aac", 44_100),
    ".wav": (None, "pcm_s16le", 44_100),
    ".flac": (None, "flac", 44_100),
    ".ogg": (None, "vorbis", 44_100),
    ".opus": (None, "libopus", 48_000),
}
"""Of the picture, unless it is an audio file, and of the audio, with its rate."""
OPTIONS = {"libvpx": {"threads": "1"}}
"""Options of an encoder. The threads of VP8 wait for each other in a loop, which takes CPU time."""
FRAMES_PER_SECOND = 5


def convert(source: Path, target: Path, *, seconds: float = 1e9) -> Path:
    """Write the first seconds of a recording in another container, with its usual codecs."""

    def is_wanted(frame: av.VideoFrame | av.AudioFrame) -> bool:
        return (frame.time or 0) < seconds

    with av.open(str(source)) as recording, _sink(target) as sink:
        picture, audio = _picture(sink, target, 320, 180), _audio(sink, target)
        if picture:
            for number, frame in enumerate(takewhile(is_wanted, recording.decode(video=0))):
                frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_SECOND)
                sink.mux(picture.encode(frame))
            sink.mux(picture.encode(None))
        recording.seek(0)
        for part in takewhile(is_wanted, recording.decode(audio=0)):
            sink.mux(audio.encode(part))
        sink.mux(audio.encode(None))
    return target


def repeated(source: Path, target: Path, *, times: int) -> Path:
    """Write the audio of a recording several times in a row, without encoding it again."""
    end = 0
    with av.open(str(source)) as recording, av.open(str(target), "w") as sink:
        audio = recording.streams.audio[0]
        copy = sink.add_stream_from_template(audio)
        for _ in range(times):
            recording.seek(0)
            for packet in recording.demux(audio):
                if packet.duration:  # the last one is empty
                    packet.stream, packet.pts, packet.dts = copy, end, end
                    end += packet.duration
                    sink.mux(packet)
    return target


def tone(target: Path, *, seconds: float, has_audio: bool = True) -> Path:
    """Write a 440 Hz tone, unless it is left out, and a grey picture if the file is a video."""
    return tones(target, seconds=seconds, spans=[(0, seconds)] if has_audio else [])


def tones(target: Path, *, seconds: float, spans: Sequence[tuple[float, float]]) -> Path:
    """Write a grey picture, and a 440 Hz tone during the spans (in seconds).

    Between the spans, the audio track has no packets.
    """
    with _sink(target) as sink:
        picture = _picture(sink, target, 64, 48)
        audio = _audio(sink, target) if spans else None
        if picture:
            _write_grey(sink, picture, seconds)
        if audio:
            _write_tones(sink, audio, spans)
    return target


def level(path: Path, codec: str, *, seconds: int, rate: int = 16_000, **options: str) -> Path:
    """Write mono samples with the value 1, with these options of the muxer."""
    with av.open(str(path), "w", options=options) as sink:
        stream = sink.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(stream, AudioStream)
        samples = np.ones((1, seconds * rate), dtype=np.int16)
        frame = av.AudioFrame.from_ndarray(samples, layout="mono")
        frame.sample_rate, frame.pts = rate, 0
        sink.mux([*stream.encode(frame), *stream.encode(None)])
    return path


def cut(source: Path, target: Path, *, share: float) -> Path:
    """Write the first bytes of a file, like an interrupted upload."""
    data = source.read_bytes()
    target.write_bytes(data[: int(len(data) * share)])
    return target


def _sink(target: Path) -> OutputContainer:
    """Open the output. `.m4v` needs an explicit format, because FFmpeg would write raw MPEG-4."""
    return av.open(str(target), "w", format="mp4" if target.suffix == ".m4v" else None)


def _picture(sink: OutputContainer, target: Path, width: int, height: int) -> VideoStream | None:
    codec = CODECS[target.suffix][0]
    if codec is None:
        return None
    stream = sink.add_stream(codec, rate=FRAMES_PER_SECOND, options=OPTIONS.get(codec))
    assert isinstance(stream, VideoStream)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    return stream


def _audio(sink: OutputContainer, target: Path) -> AudioStream:
    """FFmpeg's own Vorbis encoder is experimental, and stereo only."""
    _, codec, rate = CODECS[target.suffix]
    is_vorbis = codec == "vorbis"
    options = {"strict": "experimental"} if is_vorbis else None
    layout = "stereo" if is_vorbis else "mono"
    stream = sink.add_stream(codec, rate=rate, layout=layout, options=options)
    assert isinstance(stream, AudioStream)
    return stream


def _write_grey(sink: OutputContainer, picture: VideoStream, seconds: float) -> None:
    grey = np.full((48, 64, 3), 128, dtype=np.uint8)
    for number in range(int(seconds * FRAMES_PER_SECOND)):
        frame = av.VideoFrame.from_ndarray(grey, format="rgb24")
        frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_SECOND)
        sink.mux(picture.encode(frame))
    sink.mux(picture.encode(None))


def _write_tones(
    sink: OutputContainer, audio: AudioStream, spans: Sequence[tuple[float, float]]
) -> None:
    rate = audio.rate
    for begin, end in spans:
        wave = np.sin(2 * np.pi * 440 * np.arange(int((end - begin) * rate)) / rate)
        pcm = (wave * 8_000).astype(np.int16)
        for start in range(0, len(pcm), rate):
            part = av.AudioFrame.from_ndarray(pcm[None, start : start + rate], layout="mono")
            part.sample_rate, part.pts = rate, int(begin * rate) + start
            sink.mux(audio.encode(part))
    sink.mux(audio.encode(None))
