"""Recognize raw MP3 and AAC streams, and find the end of the tags before them."""

from __future__ import annotations

from lifestream.media.declared_end import ReadAt

MAX_TAGS = 16
TAG_HEADER_BYTES = 10
FRAME_HEADER_BYTES = 4
ADTS_HEADER_BYTES = 7
ADTS_RATES = 13
KILOBITS = {
    (3, 1): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (3, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (2, 1): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""By version (3: MPEG-1) and layer (1: III, 2: II). All of MPEG-2 shares one row."""
HERTZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


def end_of_tags(read_at: ReadAt) -> int:
    """Return where the frames begin, after ID3v2 tags, which may hold pictures of many megabytes.

    Source: https://id3.org/id3v2.4.0-structure, 3.1 and 6.2
    """
    end = 0
    for _ in range(MAX_TAGS):
        header = read_at(end, TAG_HEADER_BYTES)
        if header[:3] != b"ID3" or len(header) < TAG_HEADER_BYTES:
            break
        footer_bytes = TAG_HEADER_BYTES if header[5] & 0x10 else 0
        sevens = [byte & 0x7F for byte in header[6:10]]
        end += TAG_HEADER_BYTES + footer_bytes + sum(b << 7 * (3 - n) for n, b in enumerate(sevens))
    return end


def begins_with_adts(head: bytes) -> bool:
    """Return whether two AAC frames follow each other (ISO/IEC 13818-7, 6.2)."""
    length = _adts_bytes(head)
    return length >= ADTS_HEADER_BYTES and _adts_bytes(head[length:]) >= ADTS_HEADER_BYTES


def _adts_bytes(frame: bytes) -> int:
    is_header = len(frame) >= ADTS_HEADER_BYTES and frame[0] == 0xFF and frame[1] & 0xF6 == 0xF0  # noqa: PLR2004  # twelve bits of sync, layer 0
    if not is_header or (frame[2] >> 2) & 0xF >= ADTS_RATES:
        return 0
    return int.from_bytes(frame[3:6], "big") >> 5 & 0x1FFF


def holds_mpeg_frames(head: bytes) -> bool:
    """Return whether two MPEG audio frames follow each other. A cut file may begin inside one."""
    at = head.find(b"\xff")
    while at >= 0:
        length = _mpeg_bytes(head[at : at + FRAME_HEADER_BYTES])
        if length and _mpeg_bytes(head[at + length :][:FRAME_HEADER_BYTES]):
            return True
        at = head.find(b"\xff", at + 1)
    return False


def _mpeg_bytes(header: bytes) -> int:
    """Return the length of the frame (ISO/IEC 11172-3, 2.4.2.3), or 0 if none begins here."""
    if len(header) < FRAME_HEADER_BYTES or header[0] != 0xFF or header[1] < 0xE0:  # noqa: PLR2004  # eleven bits of sync
        return 0
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    rates = HERTZ.get(version, ())
    kilobits = KILOBITS.get((version, layer) if version == 3 else (2, 1), ())  # noqa: PLR2004
    rate, bits = header[2] >> 2 & 3, header[2] >> 4
    if layer not in (1, 2) or rate >= len(rates) or not 0 < bits <= len(kilobits):
        return 0
    samples = 576 if layer == 1 and version != 3 else 1_152  # noqa: PLR2004
    return samples // 8 * kilobits[bits - 1] * 1_000 // rates[rate] + (header[2] >> 1 & 1)
