"""The transcript: who said which words when. Times are in seconds from the start of the video."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Self

from lifestream.domain.base import Frozen
from lifestream.domain.file_types import Container


class Flag(StrEnum):
    """Why text is unreliable; `domain.speech.hallucinations` sets the flags."""

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
    """A word and its times. `is_glued`: no space before it, as in Chinese and Japanese.

    A dataclass, because 12 hours have 100,000 words; pydantic validates it like a model.
    """

    text: str
    start_seconds: float
    end_seconds: float
    confidence: float
    is_glued: bool = False


class RecognizedSegment(Frozen):
    """A stretch of speech as the engine recognized it, before speakers are known.

    The engine's own scores are None if it reports none: the average log probability of a token, and
    the probability that there is no speech. `language` is set if it may change within the
    recording.
    """

    words: tuple[Word, ...]
    average_log_probability: float | None = None
    no_speech_probability: float | None = None
    language: str | None = None


class Recognition(Frozen):
    """The result of a recognition engine: segments in time order, and the language."""

    language: str
    segments: tuple[RecognizedSegment, ...]


class SpeakerTurn(Span):
    """A time span in which one speaker talks."""

    speaker: str


class Speaker(Frozen):
    """A speaker in the recording.

    Attributes:
        id: The id in the segments, such as SPEAKER_00.
        name: The name that a person gave, here or to the same voice in another recording.
        name_score: How similar the voices are, 0 to 1, if the name came from another recording.
    """

    id: str
    name: str | None = None
    name_score: float | None = None


class Segment(Frozen):
    """Consecutive words of one speaker; `speaker` is None if none was detected.

    `flags` is empty if the text is reliable. `language` is set if the job is multilingual.
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
    says. Transcripts of earlier versions lack them."""

    bucket: str
    key: str
    version_id: str | None
    etag: str | None
    container: Container | None = None
    audio_codec: str | None = None


class Engines(Frozen):
    """The engines and models that made the transcript."""

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
        """The transcript without its flagged segments. The others keep their ids."""
        kept = tuple(segment for segment in self.segments if not segment.flags)
        return self.model_copy(update={"segments": kept})


def joined(words: Iterable[Word]) -> str:
    return "".join(word.text if word.is_glued else f" {word.text}" for word in words).lstrip()


def text_of(segments: Iterable[Segment]) -> str:
    """Join the segments, with spaces between them if the language has any."""
    return "".join(
        segment.text if segment.words and segment.words[0].is_glued else f" {segment.text}"
        for segment in segments
    ).lstrip()
