"""The transcript: who said which words when. All times are seconds from the start of the video."""

from __future__ import annotations

from typing import Literal

from lifestream.domain.job import Frozen


class Word(Frozen):
    text: str
    start_seconds: float
    end_seconds: float
    confidence: float


class RecognizedSegment(Frozen):
    """One stretch of speech as the recognition engine heard it, before speakers are known."""

    words: tuple[Word, ...]


class Recognition(Frozen):
    """What a recognition engine returns: segments in time order and the language spoken."""

    language: str
    segments: tuple[RecognizedSegment, ...]


class SpeakerTurn(Frozen):
    """One speaker holding the floor. Turns may overlap."""

    start_seconds: float
    end_seconds: float
    speaker: str


class Speaker(Frozen):
    id: str
    name: str | None = None


class Segment(Frozen):
    """Consecutive words of one speaker; `speaker` is None where nobody was detected."""

    id: int
    start_seconds: float
    end_seconds: float
    speaker: str | None
    text: str
    words: tuple[Word, ...]
    flags: tuple[str, ...] = ()


class Source(Frozen):
    bucket: str
    key: str
    version_id: str | None
    etag: str | None


class Engines(Frozen):
    """Which engine and model did the work."""

    transcription: str
    diarization: str


class Transcript(Frozen):
    schema_version: Literal["1"] = "1"
    job_id: str
    source: Source
    language: str
    duration_seconds: float
    engines: Engines
    speakers: tuple[Speaker, ...]
    segments: tuple[Segment, ...]

    @property
    def text(self) -> str:
        return " ".join(segment.text for segment in self.segments)
