"""The supported kinds of recordings, and the content types of all files."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import PurePosixPath
from typing import NamedTuple


class Container(StrEnum):
    """The value is the name of FFmpeg's demuxer."""

    MP4 = "mov"
    AVI = "avi"
    MATROSKA = "matroska"
    MP3 = "mp3"
    AAC = "aac"
    WAV = "wav"
    FLAC = "flac"
    OGG = "ogg"


class FileType(NamedTuple):
    container: Container
    content_type: str


FILE_TYPES: Mapping[str, FileType] = {
    ".mp4": FileType(Container.MP4, "video/mp4"),
    ".m4v": FileType(Container.MP4, "video/mp4"),
    ".mov": FileType(Container.MP4, "video/quicktime"),
    ".avi": FileType(Container.AVI, "video/x-msvideo"),
    ".mkv": FileType(Container.MATROSKA, "video/x-matroska"),
    ".webm": FileType(Container.MATROSKA, "video/webm"),
    ".m4a": FileType(Container.MP4, "audio/mp4"),
    ".mp3": FileType(Container.MP3, "audio/mpeg"),
    ".aac": FileType(Container.AAC, "audio/aac"),
    ".wav": FileType(Container.WAV, "audio/wav"),
    ".flac": FileType(Container.FLAC, "audio/flac"),
    ".ogg": FileType(Container.OGG, "audio/ogg"),
    ".opus": FileType(Container.OGG, "audio/ogg"),
}
EXTENSIONS = tuple(FILE_TYPES)
UNKNOWN_TYPE = "application/octet-stream"
RESULT_TYPES: Mapping[str, str] = {
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".srt": "application/x-subrip; charset=utf-8",
    ".vtt": "text/vtt; charset=utf-8",
}
NAMES = {
    Container.MP4: "MP4",
    Container.AVI: "AVI",
    Container.MATROSKA: "Matroska",
    Container.MP3: "MP3",
    Container.AAC: "AAC",
    Container.WAV: "WAV",
    Container.FLAC: "FLAC",
    Container.OGG: "Ogg",
}


def extension(key: str) -> str:
    return PurePosixPath(key).suffix.lower()


def content_type(key: str) -> str:
    found = FILE_TYPES.get(extension(key))
    return found.content_type if found else UNKNOWN_TYPE


def result_type(name: str) -> str:
    """Return the content type of a file that a job published."""
    return RESULT_TYPES.get(extension(name), UNKNOWN_TYPE)


def other_content(key: str, container: Container) -> str | None:
    """Describe the content if the extension says something else. The file is processed anyway."""
    named = FILE_TYPES.get(extension(key))
    if named is None or named.container == container:
        return None
    return f"the content is {NAMES[container]}, although the name ends in {extension(key)}"
