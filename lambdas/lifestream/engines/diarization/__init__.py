"""Find out who speaks when.

pyannote        pyannote.audio
clustering      built in: cluster phrases by voice, with the help of
phrases         … cut speech into phrases
voice_encoder   … encode phrases as vectors
voice_clusters  … cluster the vectors by speaker
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Protocol

from lifestream.domain.options import JobOptions
from lifestream.domain.speech.diagnostics import Diarization
from lifestream.engines.transcription import ProgressCallback
from lifestream.media.audio import Audio
from lifestream.settings import SpeechSettings


class Diarizer(Protocol):
    @property
    def name(self) -> str:
        """Engine and model, as the transcript and the manifest show it."""

    def diarize(
        self, audio: Audio, options: JobOptions, on_progress: ProgressCallback
    ) -> Diarization:
        """Return the speaker turns. Raises SpeechEngineError."""


def load_diarizer(settings: SpeechSettings) -> Diarizer:
    engine = settings.diarization_engine
    model = settings.models_dir / settings.pyannote_model
    is_usable = (model / "config.yaml").is_file() and find_spec("pyannote") is not None
    if engine == "pyannote" or (engine == "auto" and is_usable):
        from lifestream.engines.diarization.pyannote import Pyannote

        return Pyannote(settings)
    from lifestream.engines.diarization.clustering import ClusteringDiarizer

    return ClusteringDiarizer()
