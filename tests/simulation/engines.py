"""Scripted engines that count the calls that would cost money. Fakes: for tests only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from builders import MEETING, a_draft
from built_in_models import word_vectors
from lifestream.domain.options import JobOptions
from lifestream.domain.speech.diagnostics import Diarization
from lifestream.domain.summary import Drafted, SummaryOptions, Usage
from lifestream.domain.transcript import (
    Recognition,
    RecognizedSegment,
    SpeakerTurn,
    Transcript,
    Word,
)
from lifestream.engines.embedding import Embedded
from lifestream.engines.embedding.wordllama import WordLlama
from lifestream.engines.transcription import ProgressCallback
from lifestream.errors import KeyRefusedError, TransientError
from lifestream.media import SAMPLE_RATE
from lifestream.media.audio import Audio
from lifestream.media.voice_activity import SpeechSpan

SAID = "forty thousand"
"""Spoken in every recording. No log may contain it."""


@dataclass
class Speech:
    """Transcriber and diarizer that repeat the first lines of the meeting in `builders`."""

    lines: int = len(MEETING.segments)
    repeats: int = 1
    fails: Exception | None = None
    diarization_fails: Exception | None = None
    name: str = "scripted/1"

    @property
    def spans(self) -> tuple[SpeechSpan, ...]:
        """Return the detected speech."""
        return (SpeechSpan(0, round(self.repeats * MEETING.duration_seconds * SAMPLE_RATE)),)

    def transcribe(
        self, audio: Audio, options: JobOptions, on_progress: ProgressCallback
    ) -> Recognition:
        assert audio.seconds
        if self.fails:
            raise self.fails
        if audio.speech != self.spans:  # a pause, transcribed again
            return Recognition(language=options.language or "en", segments=())
        segments = tuple(
            RecognizedSegment(words=tuple(_later(word, at) for word in segment.words))
            for at in self._starts()
            for segment in MEETING.segments[: self.lines]
        )
        on_progress(audio.seconds)
        return Recognition(language=options.language or "en", segments=segments)

    def diarize(
        self, audio: Audio, options: JobOptions, on_progress: ProgressCallback
    ) -> Diarization:
        if self.diarization_fails:
            raise self.diarization_fails
        on_progress(audio.seconds)
        turns = tuple(
            SpeakerTurn(
                start_seconds=segment.start_seconds + at,
                end_seconds=segment.end_seconds + at,
                speaker=segment.speaker or "SPEAKER_00",
            )
            for at in self._starts()
            for segment in MEETING.segments[: self.lines]
        )
        return Diarization(turns=turns, exclusive_turns=turns)

    def _starts(self) -> list[float]:
        """Return the start of each repetition in seconds."""
        return [round(number * MEETING.duration_seconds, 3) for number in range(self.repeats)]


def _later(word: Word, seconds: float) -> Word:
    start, end = (round(at + seconds, 3) for at in (word.start_seconds, word.end_seconds))
    return replace(word, start_seconds=start, end_seconds=end)


@dataclass
class Summarizer:
    """`paid`: calls by job and prompt version. `refusals`: how often to refuse the API key."""

    name: str = "scripted/summary-1"
    is_down: bool = False
    refusals: int = 0
    usage: Usage = field(default_factory=Usage)
    paid: Counter[str] = field(default_factory=Counter)

    def summarize(self, transcript: Transcript, options: SummaryOptions) -> Drafted:
        if self.is_down:
            raise TransientError("the model is down")
        if self.refusals:
            self.refusals -= 1
            raise KeyRefusedError("the vendor refuses the key")
        self.paid[f"{transcript.job_id} {self.name}"] += 1
        draft = a_draft(abstract="A budget.", topics=["budget"])
        return Drafted(draft=draft, usage=self.usage)


@dataclass
class Embedder:
    """The built-in embedder. `paid` counts the calls."""

    is_down: bool = False
    paid: int = 0
    inner: WordLlama = field(default_factory=word_vectors)

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def dimension(self) -> int:
        return self.inner.dimension

    def embed(self, texts: Sequence[str]) -> Embedded:
        if self.is_down:
            raise TransientError("the embedder is down")
        self.paid += 1
        return self.inner.embed(texts)
