"""Make small files that cause a decoder to use gigabytes or to run forever.

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

from media_files import level

CONTAINERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts")
SAMPLES = 60_000_000
FULL_BOX = b"\0\0\0\0"


def audio(path: Path, codec: str, *, rate: int = 16_000) -> bytes:
    """Return a second of audio without video."""
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
    """Return the MP4 with other payloads of boxes. A new `edts` box is added to the track."""
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
    """Declare a million samples of one byte in one chunk, with three numbers in the header."""
    data = changed(
        audio(path, "aac"),
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
    """Declare 100,000 edits that each repeat the whole track of 600 samples."""
    edits = struct.pack(">IiI", 16_000, 0, 0x10000) * 100_000
    elst = box(b"elst", FULL_BOX + struct.pack(">I", 100_000) + edits)
    data = audio(path, "aac")
    track = changed(data, {b"edts": elst, b"stsz": FULL_BOX + struct.pack(">II", 1, 600),
                           b"stts": table(600, 27), b"stsc": table(1, 600, 1),
                           b"stco": table(48)})  # fmt: skip
    path.write_bytes(track)
    return path


def fragment(path: Path) -> Path:
    """Return a fragment that declares 60 million samples without using bytes of the index."""
    level(path, "aac", seconds=1, movflags="empty_moov+frag_keyframe")
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
    data = audio(path, "pcm_s16le")
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


def lying_wave(path: Path) -> Path:
    """Declare 65,535 channels at 4 GHz in blocks of 64 KiB, with the size of a piped file."""
    header = struct.pack("<HHIIHH", 1, 65_535, 0xFFFF0000, 0xFFFFFFFF, 65_535, 16)
    sizes = b"RIFF\xff\xff\xff\xffWAVE" + chunk(b"fmt ", header)
    path.write_bytes(sizes + b"data\xff\xff\xff\xff" + bytes(1 << 20))
    return path


def endless_chunks(path: Path) -> Path:
    """A hundred thousand chunks of text before the audio."""
    data = audio(path, "pcm_s16le")
    at = data.index(b"fmt ") + 24
    notes = chunk(b"LIST", b"INFO" + chunk(b"ICMT", b"x")) * 60_000
    path.write_bytes(data[:4] + b"\xff\xff\xff\xff" + data[8:at] + notes + data[at:])
    return path


def many_tags(path: Path) -> Path:
    """A hundred thousand empty ID3 tags, which FFmpeg would read one by one."""
    path.write_bytes(b"ID3\x04\0\0\0\0\0\0" * 100_000 + audio(path, "libmp3lame"))
    return path


def frames_in_a_tag(path: Path) -> Path:
    """One tag of a hundred thousand frames."""
    frames = b"TXXX\0\0\0\x03\0\0\0a\0" * 80_000
    sevens = bytes(len(frames) >> shift & 0x7F for shift in (21, 14, 7, 0))
    path.write_bytes(b"ID3\x04\0\0" + sevens + frames + audio(path, "libmp3lame"))
    return path


def picture_of(size: int) -> bytes:
    """The head of a FLAC picture that says how many bytes follow."""
    return struct.pack(">II9sIIIIII", 3, 9, b"image/png", 0, 1, 1, 1, 1, size)


def huge_pictures(path: Path) -> Path:
    """FLAC: a thousand pictures that say they have 16 MB each, and 4 GB within."""
    data = audio(path, "flac")
    picture = picture_of(2**32 - 1)
    block = b"\x06\xff\xff\xff" + picture
    path.write_bytes(data[:4] + b"\0" + data[5:42] + block * 1_000 + data[42:])
    return path


def many_pictures(path: Path) -> Path:
    """FLAC: twenty thousand pictures, each a stream for FFmpeg."""
    data = audio(path, "flac")
    picture = picture_of(16)
    block = struct.pack(">I", 0x06000000 | len(picture) + 16) + picture + bytes(16)
    path.write_bytes(data[:4] + b"\0" + data[5:42] + block * 20_000 + data[42:])
    return path


def page(number: int, granule: int, content: bytes, *, serial: int = 1, kind: int = 0) -> bytes:
    """Ogg (RFC 3533, 6), with its checksum."""
    table = [255] * (len(content) // 255) + [len(content) % 255]
    head = struct.pack("<4sBBqII", b"OggS", 0, kind, granule, serial, number)
    unchecked = head + bytes(4) + bytes([len(table), *table]) + content
    checksum = 0
    for byte in unchecked:
        checksum ^= byte << 24
        for _ in range(8):
            checksum = (checksum << 1 ^ (0x04C11DB7 if checksum >> 31 else 0)) & 0xFFFFFFFF
    return unchecked[:22] + struct.pack("<I", checksum) + unchecked[26:]


OPUS_HEAD = b"OpusHead\x01\x01\0\0" + struct.pack("<I", 48_000) + bytes(3)
OPUS_TAGS = b"OpusTags" + bytes(8)


def wild_granules(path: Path) -> Path:
    """Ogg whose clock jumps from one end of 64 bits to the other with each page."""
    clocks = (960, 2**63 - 1, -(2**63), 2**62, 0, -2, 2**40) * 20
    pages = [page(0, 0, OPUS_HEAD, kind=2), page(1, 0, OPUS_TAGS)]
    pages += [page(n + 2, clock, b"\xf8\xff\xfe") for n, clock in enumerate(clocks)]
    path.write_bytes(b"".join(pages))
    return path


def many_streams(path: Path) -> Path:
    """Ogg of two thousand audio tracks."""
    path.write_bytes(b"".join(page(0, 0, OPUS_HEAD, serial=n, kind=2) for n in range(2_000)))
    return path


def endless_comment(path: Path) -> Path:
    """Ogg whose comments say that there are four billion of them."""
    comments = b"OpusTags" + struct.pack("<II", 0, 0xFFFFFFFF) + b"\xff\xff\xff\x7f"
    pages = [page(0, 0, OPUS_HEAD, kind=2), page(1, 0, comments)]
    pages += [page(n, 960 * n, b"\xf8\xff\xfe") for n in range(2, 50)]
    path.write_bytes(b"".join(pages))
    return path


BOMBS: dict[str, Callable[[Path], Path]] = {
    "million_samples.mp4": million_samples,
    "edit_lists.mp4": edit_lists,
    "fragment.mp4": fragment,
    "repeated_index.avi": repeated_index,
    "endless_index.avi": endless_index,
    "lying.wav": lying_wave,
    "chunks.wav": endless_chunks,
    "tags.mp3": many_tags,
    "tag_frames.mp3": frames_in_a_tag,
    "huge_pictures.flac": huge_pictures,
    "many_pictures.flac": many_pictures,
    "granules.opus": wild_granules,
    "streams.ogg": many_streams,
    "comment.opus": endless_comment,
}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in BOMBS.items():
        print(name, make(folder / name).stat().st_size, "bytes")  # noqa: T201
