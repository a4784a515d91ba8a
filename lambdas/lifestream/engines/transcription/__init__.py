"""Recognize the words of the audio, with their times.

faster_whisper    Whisper on CTranslate2, the one engine
whisper_pipeline  … its pipeline, which keeps the language of each clip
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from lifestream.domain.options import JobOptions
from lifestream.domain.transcript import Recognition
from lifestream.media.audio import Audio
from lifestream.settings import SpeechSettings

UNDETERMINED = "und"
"""The language of a recording in which no speech was recognized (ISO 639-2)."""
ProgressCallback = Callable[[float], None]
"""Called with the seconds of audio that are done, from any thread."""


class Transcriber(Protocol):
    @property
    def name(self) -> str:
        """Engine and model, as the transcript and the manifest show it."""

    def transcribe(
        self, audio: Audio, options: JobOptions, on_progress: ProgressCallback
    ) -> Recognition:
        """Return words in time order, without segments if there is no speech.

        Raises SpeechEngineError, UnsupportedOptionError.
        """


def load_transcriber(settings: SpeechSettings) -> Transcriber:
    """Return the one engine, with the model that the settings name.

    That is tiny.en on a laptop, else large-v3-turbo. Raises ModelMissingError, ModelAlteredError.
    """
    from lifestream.engines.transcription.faster_whisper import FasterWhisper

    return FasterWhisper(settings)
