"""Sound in, who speaks when out."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lifestream.domain.job import JobOptions
from lifestream.domain.transcript import SpeakerTurn
from lifestream.settings import SpeechSettings


class Diarizer(Protocol):
    @property
    def name(self) -> str:
        """Engine and model, as the transcript and the manifest show it."""

    def diarize(self, samples: NDArray[np.float32], options: JobOptions) -> list[SpeakerTurn]:
        """`samples`: mono, 16 kHz, -1 to 1. Turns in time order, speakers `SPEAKER_00` upwards
        in the order in which they are first heard. Raises SpeechEngineError.
        """


def load_diarizer(settings: SpeechSettings) -> Diarizer:
    engine = settings.diarization_engine
    model = settings.models_dir / settings.pyannote_model
    is_usable = (model / "config.yaml").is_file() and find_spec("pyannote") is not None
    if engine == "pyannote" or (engine == "auto" and is_usable):
        from lifestream.engines.diarization.pyannote import Pyannote

        return Pyannote(model, device=settings.device)
    from lifestream.engines.diarization.embedded import BicClusterer

    return BicClusterer()


def in_order_of_appearance(turns: list[SpeakerTurn]) -> list[SpeakerTurn]:
    """Turns sorted by time, speakers renamed to SPEAKER_00, SPEAKER_01, … as they are heard."""
    ordered = sorted(turns, key=lambda turn: (turn.start_seconds, turn.end_seconds))
    heard = list(dict.fromkeys(turn.speaker for turn in ordered))
    names = {speaker: f"SPEAKER_{number:02}" for number, speaker in enumerate(heard)}
    return [turn.model_copy(update={"speaker": names[turn.speaker]}) for turn in ordered]
