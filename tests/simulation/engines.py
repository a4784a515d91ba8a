"""Engines that say what they are told to and count what would cost. Fakes: for tests only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from builders import MEETING
from lifestream.domain.job import JobOptions
from lifestream.domain.summary import SummaryDraft
from lifestream.domain.transcript import Recognition, RecognizedSegment, SpeakerTurn, Transcript
from lifestream.engines.embedding import Vector
from lifestream.engines.embedding.embedded import HashingEmbedder
from lifestream.errors import TransientError

SAID = "forty thousand"
"""Said in every recording; must be in no log."""


@dataclass
class Speech:
    """Transcriber and diarizer: the first lines of the builders' meeting, again and again."""

    lines: int = len(MEETING.segments)
    repeats: int = 1
    fails: Exception | None = None
    diarization_fails: Exception | None = None
    name: str = "scripted/1"

    def transcribe(self, samples: NDArray[np.float32], options: JobOptions) -> Recognition:
        assert len(samples)
        if self.fails:
            raise self.fails
        said = MEETING.segments[: self.lines] * self.repeats
        segments = tuple(RecognizedSegment(words=segment.words) for segment in said)
        return Recognition(language=options.language or "en", segments=segments)

    def diarize(self, samples: NDArray[np.float32], options: JobOptions) -> list[SpeakerTurn]:  # noqa: ARG002
        if self.diarization_fails:
            raise self.diarization_fails
        return [
            SpeakerTurn(
                start_seconds=segment.start_seconds,
                end_seconds=segment.end_seconds,
                speaker=segment.speaker or "SPEAKER_00",
            )
            for segment in MEETING.segments[: self.lines]
        ]


@dataclass
class Summarizer:
    """`paid`: calls by job and version of the prompt."""

    name: str = "scripted/summary-1"
    is_down: bool = False
    paid: Counter[str] = field(default_factory=Counter)

    def summarize(self, transcript: Transcript) -> SummaryDraft:
        if self.is_down:
            raise TransientError("the model is down")
        self.paid[f"{transcript.job_id} {self.name}"] += 1
        return SummaryDraft(
            title="Budget", abstract="A budget.", key_points=(), action_items=(), topics=("budget",)
        )


@dataclass
class Embedder:
    """The embedded one; `paid` counts the calls."""

    is_down: bool = False
    paid: int = 0
    inner: HashingEmbedder = field(default_factory=HashingEmbedder)

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def dimension(self) -> int:
        return self.inner.dimension

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        if self.is_down:
            raise TransientError("the embedder is down")
        self.paid += 1
        return self.inner.embed(texts)
