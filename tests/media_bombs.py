"""Small files that make a decoder want gigabytes, or never end.

`python tests/media_bombs.py FOLDER` writes them all; the tests open them in the sandbox.
Sources: ISO/IEC 14496-12 (MP4), "OpenDML AVI File Format Extensions" 1.02, RFC 9559 (Matroska).
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream

CONTAINERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts")
SAMPLES = 60_000_000
FULL_BOX = b"\0\0\0\0"


def sound(path: Path, codec: str, *, rate: int = 16_000) -> bytes:
    """A second of sound without a picture."""
    with av.open(str(path), "w") as sink:
        stream = sink.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(stream, AudioStream)
        frame = av.AudioFrame.from_ndarray(np.ones((1, rate), dtype=np.int16), layout="mono")
        frame.sample_rate, frame.pts = rate, 0
        sink.mux(stream.encode(frame))
        sink.mux(stream.encode(None))
    return path.read_bytes()


def box(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I4s", len(payload) + 8, kind) + payload


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    while data:
        size, kind = struct.unpack(">I4s", data[:8])
        yield kind, data[8:size]
        data = data[size:]


def changed(data: bytes, new: Mapping[bytes, bytes]) -> bytes:
    """The boxes of an MP4 with other payloads; `edts` is added to the track where it is new."""
    made = b""
    for kind, payload in boxes(data):
        if kind in new:
            made += box(kind, new[kind])
        elif kind in CONTAINERS:
            made += box(kind, changed(payload, new))
        else:
            made += box(kind, payload)
    return made


def table(*numbers: int, entries: int = 1) -> bytes:
    return FULL_BOX + struct.pack(f">I{len(numbers)}I", entries, *numbers)


def million_samples(path: Path) -> Path:
    """One byte each, in one chunk: three numbers in the header say it all."""
    data = changed(
        sound(path, "aac"),
        {
            b"stts": table(SAMPLES, 2),
            b"stsz": FULL_BOX + struct.pack(">II", 1, SAMPLES),
            b"stsc": table(1, SAMPLES, 1),
            b"stco": table(48),
        },
    )
    path.write_bytes(data)
    return path


def edit_lists(path: Path) -> Path:
    """100,000 edits that each repeat the whole track of 600 samples."""
    edits = struct.pack(">IiI", 16_000, 0, 0x10000) * 100_000
    elst = box(b"elst", FULL_BOX + struct.pack(">I", 100_000) + edits)
    data = sound(path, "aac")
    track = changed(data, {b"edts": elst, b"stsz": FULL_BOX + struct.pack(">II", 1, 600),
                           b"stts": table(600, 27), b"stsc": table(1, 600, 1),
                           b"stco": table(48)})  # fmt: skip
    path.write_bytes(track)
    return path


def fragment(path: Path) -> Path:
    """A fragment of 60 million samples, none of which takes a byte of the index."""
    with av.open(str(path), "w", options={"movflags": "empty_moov+frag_keyframe"}) as sink:
        stream = sink.add_stream("aac", rate=16_000, layout="mono")
        assert isinstance(stream, AudioStream)
        frame = av.AudioFrame.from_ndarray(np.ones((1, 16_000), dtype=np.int16), layout="mono")
        frame.sample_rate, frame.pts = 16_000, 0
        sink.mux(stream.encode(frame))
        sink.mux(stream.encode(None))
    head = b"".join(box(*b) for b in boxes(path.read_bytes()) if b[0] in (b"ftyp", b"moov"))
    header = box(b"tfhd", struct.pack(">IIII", 0x020018, 1, 1, 1))
    run = box(b"trun", struct.pack(">III", 1, SAMPLES, 0))
    traf = box(b"traf", header + box(b"tfdt", FULL_BOX + struct.pack(">I", 0)) + run)
    moof = box(b"moof", box(b"mfhd", FULL_BOX + struct.pack(">I", 1)) + traf)
    path.write_bytes(head + moof * 20 + box(b"mdat", bytes(1_000)))
    return path


def chunk(kind: bytes, payload: bytes) -> bytes:
    return kind + struct.pack("<I", len(payload)) + payload + bytes(len(payload) % 2)


def open_dml(path: Path, *, supers: int, entries: int) -> Path:
    """An index of indexes: `supers` entries that all name the same index of `entries`."""
    data = sound(path, "pcm_s16le")
    movi = data.index(b"movi") - 8
    header, rest = data[12:movi], data[movi:]
    at = header.index(b"strf")
    at += 8 + struct.unpack("<I", header[at + 4 : at + 8])[0]
    standard_size = 32 + 8 * entries
    indx_size = 32 + 16 * supers
    where = 12 + len(header) + indx_size + len(rest)
    one = struct.pack("<QII", where, standard_size, 8_000)
    indx = chunk(b"indx", struct.pack("<HBBI4s12x", 4, 0, 0, supers, b"00wb") + one * supers)
    index = chunk(b"ix00", struct.pack("<HBBI4sQI", 2, 0, 1, entries, b"00wb", where, 0)
                  + b"".join(struct.pack("<II", 8 + n, 100) for n in range(entries)))  # fmt: skip
    strl = header.index(b"strl") - 4
    grown = bytearray(header[:at] + indx + header[at:])
    for size_at in (header.index(b"hdrl") - 4, strl):
        [size] = struct.unpack("<I", grown[size_at : size_at + 4])
        grown[size_at : size_at + 4] = struct.pack("<I", size + len(indx))
    path.write_bytes(chunk(b"RIFF", b"AVI " + bytes(grown) + rest + index))
    return path


def repeated_index(path: Path) -> Path:
    """OpenDML: 30,000 times an index of 2,000."""
    return open_dml(path, supers=30_000, entries=2_000)


def endless_index(path: Path) -> Path:
    """OpenDML: the index says that it has four billion entries."""
    open_dml(path, supers=1, entries=1)
    data = path.read_bytes()
    at = data.index(b"indx") + 12
    path.write_bytes(data[:at] + b"\xff\xff\xff\xff" + data[at + 4 :])
    return path


BOMBS: dict[str, Callable[[Path], Path]] = {
    "million_samples.mp4": million_samples,
    "edit_lists.mp4": edit_lists,
    "fragment.mp4": fragment,
    "repeated_index.avi": repeated_index,
    "endless_index.avi": endless_index,
}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in BOMBS.items():
        print(name, make(folder / name).stat().st_size, "bytes")  # noqa: T201
