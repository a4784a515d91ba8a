"""Make long recordings like a camera's: a second of video, a second of audio, the index last.

Only the audio and the index are written. The video is a hole, so that 60 GB take no space.
Source: ISO/IEC 14496-12.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream

from media_bombs import FULL_BOX, box, boxes, table
from media_files import tone

FRAMES_PER_SECOND = 30
AUDIO_RATE = 44_100
SAMPLES_PER_FRAME = 1_024
SOUND_FRAMES = 43
"""Per second of audio, approximately."""
KILOBITS = 128_000
LEFT_OUT = (b"edts", b"ctts", b"stss", b"sgpd", b"sbgp", b"stco", b"udta")
Tables = Mapping[bytes, bytes]


@dataclass(frozen=True)
class Recording:
    """A sparse file: pieces at offsets, with zeros in between."""

    size: int
    audio_bytes: int
    pieces: Mapping[int, bytes]


def camera_recording(folder: Path, *, seconds: int, size: int) -> Recording:
    """Return a recording of about this length and size: to the second, index not counted."""
    frames = audio_frames(folder / "audio.m4a")
    audio = b"".join(frames)
    picture_bytes = size // seconds - len(audio)
    head = box(b"ftyp", b"isom\0\0\2\0isom") + struct.pack(">I4sQ", 1, b"mdat", 0)
    pictures = range(len(head), len(head) + seconds * (size // seconds), size // seconds)
    audio_offsets = [start + picture_bytes for start in pictures]
    end = audio_offsets[-1] + len(audio)
    head = head[:-8] + struct.pack(">Q", end - len(head) + 16)
    index = camera_index(folder / "a.mp4", frames, list(pictures), audio_offsets, picture_bytes)
    pieces = {0: head, **dict.fromkeys(audio_offsets, audio), end: index}
    return Recording(end + len(index), len(audio) * seconds, pieces)


def audio_frames(path: Path) -> list[bytes]:
    """Return a second of AAC."""
    with av.open(str(path), "w") as sink:
        stream = sink.add_stream("aac", rate=AUDIO_RATE, layout="mono")
        assert isinstance(stream, AudioStream)
        stream.bit_rate = KILOBITS
        noise = np.random.default_rng(1).integers(-8_000, 8_000, (1, 2 * AUDIO_RATE))
        frame = av.AudioFrame.from_ndarray(noise.astype(np.int16), layout="mono")
        frame.sample_rate, frame.pts = AUDIO_RATE, 0
        sink.mux(stream.encode(frame))
        sink.mux(stream.encode(None))
    with av.open(str(path)) as source:
        packets = [bytes(packet) for packet in source.demux(audio=0)]
    return packets[8 : 8 + SOUND_FRAMES]


def camera_index(
    path: Path,
    frames: list[bytes],
    pictures: list[int],
    audio_offsets: list[int],
    picture_bytes: int,
) -> bytes:
    """Return the moov box of a real video with its sample tables replaced."""
    seconds, frame_bytes = len(audio_offsets), picture_bytes // FRAMES_PER_SECOND
    sizes = struct.pack(f">{len(frames)}I", *map(len, frames)) * seconds
    audio: Tables = {
        b"stts": table(len(frames) * seconds, SAMPLES_PER_FRAME),
        b"stsz": FULL_BOX + struct.pack(">II", 0, len(frames) * seconds) + sizes,
        b"stsc": table(1, len(frames), 1),
        b"co64": FULL_BOX + struct.pack(f">I{seconds}Q", seconds, *audio_offsets),
    }
    picture: Tables = {
        b"stts": table(FRAMES_PER_SECOND * seconds, 1),
        b"stsz": FULL_BOX + struct.pack(">II", frame_bytes, FRAMES_PER_SECOND * seconds),
        b"stsc": table(1, FRAMES_PER_SECOND, 1),
        b"co64": FULL_BOX + struct.pack(f">I{seconds}Q", seconds, *pictures),
    }
    video = tone(path, seconds=1).read_bytes()
    [moov] = [payload for kind, payload in boxes(video) if kind == b"moov"]
    return box(b"moov", b"".join(_track(*part, picture, audio, seconds) for part in boxes(moov)))


def _track(kind: bytes, payload: bytes, picture: Tables, audio: Tables, seconds: int) -> bytes:
    if kind != b"trak":
        return box(kind, payload)
    is_audio, rate = b"soun" in payload, AUDIO_RATE if b"soun" in payload else FRAMES_PER_SECOND
    clock = struct.pack(">IIIIII", 0, 0, 0, rate, rate * seconds, 0x55C40000)
    tables = {**(audio if is_audio else picture), b"mdhd": clock}
    return box(kind, b"".join(_rewritten(payload, tables)))


def _rewritten(payload: bytes, tables: Tables) -> Iterator[bytes]:
    for kind, content in boxes(payload):
        if kind in (b"mdia", b"minf", b"stbl"):
            more = box(b"co64", tables[b"co64"]) if kind == b"stbl" else b""
            yield box(kind, b"".join(_rewritten(content, tables)) + more)
        elif kind not in LEFT_OUT:
            yield box(kind, tables.get(kind, content))
