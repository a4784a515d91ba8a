"""Sound in, words with times out."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lifestream.domain.job import JobOptions
from lifestream.domain.transcript import Recognition
from lifestream.settings import SpeechSettings


class Transcriber(Protocol):
    @property
    def name(self) -> str:
        """Engine and model, as the transcript and the manifest show it."""

    def transcribe(self, samples: NDArray[np.float32], options: JobOptions) -> Recognition:
        """`samples`: mono, 16 kHz, -1 to 1. Words in time order; silence gives no segments.

        Raises SpeechEngineError, UnsupportedOptionError.
        """


def load_transcriber(settings: SpeechSettings) -> Transcriber:
    engine = settings.transcription_engine
    model = settings.models_dir / settings.whisper_model
    if engine == "faster-whisper" or (engine == "auto" and (model / "model.bin").is_file()):
        from lifestream.engines.transcription.faster_whisper import FasterWhisper

        return FasterWhisper(model, device=settings.device, batch_size=settings.batch_size)
    from lifestream.engines.transcription.pocketsphinx import PocketSphinx

    return PocketSphinx()
