"""The transcript: who said which words when. All times are seconds from the start of the video."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Self

from lifestream.domain.base import Frozen
from lifestream.domain.file_types import Container


class Flag(StrEnum):
    """Why words are not to be believed; `suspicion` raises them."""

    LOOP = "loop"
    COMPRESSIBLE = "compressible"
    IMPROBABLE = "improbable"
    NO_SPEECH = "no-speech"
    OVER_SILENCE = "over-silence"
    STOCK_PHRASE = "stock-phrase"


class Span(Frozen):
    start_seconds: float
    end_seconds: float

    @property
    def seconds(self) -> float:
        return self.end_seconds - self.start_seconds


@dataclass(frozen=True, slots=True)
class Word:
    """`is_glued`: written without a space before it, as in Chinese and Japanese.

    No pydantic model, though validated like one: there are 100,000 of them in 12 hours.
    """

    text: str
    start_seconds: float
    end_seconds: float
    confidence: float
    is_glued: bool = False


class RecognizedSegment(Frozen):
    """One stretch of speech as the recognition engine heard it, before speakers are known.

    What the engine thinks of it is None where the engine does not say: the average logarithm
    of the probability of a token, the probability that nobody speaks, and the language where
    it may change within the recording.
    """

    words: tuple[Word, ...]
    average_log_probability: float | None = None
    no_speech_probability: float | None = None
    language: str | None = None


class Recognition(Frozen):
    """What a recognition engine returns: segments in time order and the language spoken."""

    language: str
    segments: tuple[RecognizedSegment, ...]


class SpeakerTurn(Span):
    """One speaker holding the floor."""

    speaker: str


class Speaker(Frozen):
    """`name_score`: how like the named voice this one is, where the name came from there."""

    id: str
    name: str | None = None
    name_score: float | None = None


class Segment(Frozen):
    """Consecutive words of one speaker; `speaker` is None where nobody was detected.

    `flags`: empty where the words can be believed. `language` is there where the recording was
    said to be multilingual.
    """

    id: int
    start_seconds: float
    end_seconds: float
    speaker: str | None
    text: str
    words: tuple[Word, ...]
    flags: tuple[Flag, ...] = ()
    language: str | None = None


class Source(Frozen):
    """`container` and `audio_codec` are what InspectVideo found in the file, whatever its name
    says; transcripts of earlier versions lack them."""

    bucket: str
    key: str
    version_id: str | None
    etag: str | None
    container: Container | None = None
    audio_codec: str | None = None


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
        return text_of(self.segments)

    @property
    def reliable(self) -> Self:
        """Without the flagged segments; the others keep their ids."""
        kept = tuple(segment for segment in self.segments if not segment.flags)
        return self.model_copy(update={"segments": kept})


def joined(words: Iterable[Word]) -> str:
    return "".join(word.text if word.is_glued else f" {word.text}" for word in words).lstrip()


def text_of(segments: Iterable[Segment]) -> str:
    """Segments one after the other, with a space between two where the language writes one."""
    return "".join(
        segment.text if segment.words and segment.words[0].is_glued else f" {segment.text}"
        for segment in segments
    ).lstrip()
