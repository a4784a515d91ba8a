"""What a job published: files, the video, and the transcript in pages."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from lifestream.domain.base import Frozen
from lifestream.domain.transcript import Engines, Segment, Speaker, Transcript


class ResultFile(Frozen):
    """A file. `size` is in bytes; whoever has `url` can download the file until it expires."""

    name: str
    size: int
    media_type: str
    url: str


class ResultFiles(Frozen):
    """The files of a job, and when their addresses expire."""

    files: tuple[ResultFile, ...]
    expires_at: datetime


class Media(Frozen):
    """The uploaded video. `url` answers range requests, so that players can jump."""

    file_name: str
    size: int
    media_type: str
    url: str
    expires_at: datetime


class TranscriptPage(Frozen):
    """The facts about a transcript and some of its segments, in order of time.

    Attributes:
        segment_count: How many segments the whole transcript has.
        segments: Their `words` are empty unless the request asks for them.
        next: The `after` of the following page; null if this page is the last one.
    """

    job_id: str
    language: str
    duration_seconds: float
    engines: Engines
    speakers: tuple[Speaker, ...]
    segment_count: int
    segments: tuple[Segment, ...]
    next: int | None

    @classmethod
    def of(cls, transcript: Transcript, segments: tuple[Segment, ...]) -> Self:
        same = ("job_id", "language", "duration_seconds", "engines", "speakers")
        is_last = not segments or segments[-1].id == transcript.segments[-1].id
        return cls(
            **{name: getattr(transcript, name) for name in same},
            segment_count=len(transcript.segments),
            segments=segments,
            next=None if is_last else segments[-1].id,
        )
