"""pyannote.audio: neural diarization from a local pipeline folder, offline, telemetry off.

It gets the waveform in memory, so no second decoder touches the file, and returns exclusive
turns, which were made for assigning words. Source: https://github.com/pyannote/pyannote-audio
"""

from __future__ import annotations

import os
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lifestream.domain.job import JobOptions
from lifestream.domain.transcript import SpeakerTurn
from lifestream.engines.diarization import in_order_of_appearance
from lifestream.errors import ConfigurationError, SpeechEngineError
from lifestream.media import SAMPLE_RATE

if TYPE_CHECKING:
    from pyannote.audio import Pipeline


class Pyannote:
    def __init__(self, model: Path, *, device: str) -> None:
        if not (model / "config.yaml").is_file():
            raise ConfigurationError(f"no pyannote pipeline in {model}: config.yaml is missing")
        self.name = f"pyannote.audio/{model.name}"
        self._pipeline = _load(model, device)

    def diarize(self, samples: NDArray[np.float32], options: JobOptions) -> list[SpeakerTurn]:
        import torch

        audio = {"waveform": torch.from_numpy(samples)[None], "sample_rate": SAMPLE_RATE}
        try:
            output = self._pipeline(audio, **_speaker_counts(options))
        except (RuntimeError, ValueError) as error:
            raise SpeechEngineError(f"pyannote.audio failed: {error}") from error
        tracks = output.exclusive_speaker_diarization.itertracks(yield_label=True)
        return in_order_of_appearance(
            [
                SpeakerTurn(
                    start_seconds=round(turn.start, 3), end_seconds=round(turn.end, 3), speaker=name
                )
                for turn, _, name in tracks
            ]
        )


def _load(model: Path, device: str) -> Pipeline:
    os.environ["PYANNOTE_METRICS_ENABLED"] = "0"  # before the import: telemetry is on by default
    try:
        import torch
        from pyannote.audio import Pipeline
    except (ImportError, OSError) as error:
        raise ConfigurationError(f"pyannote.audio cannot be imported: {error}") from error
    try:
        pipeline = Pipeline.from_pretrained(str(model))
    except (RuntimeError, ValueError, OSError, KeyError, EOFError, UnpicklingError) as error:
        raise SpeechEngineError(f"the pyannote pipeline does not load: {error}") from error
    wanted = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    return pipeline.to(torch.device(wanted))


def _speaker_counts(options: JobOptions) -> dict[str, Any]:
    counts = {
        "num_speakers": options.speakers,
        "min_speakers": options.min_speakers,
        "max_speakers": options.max_speakers,
    }
    return {name: count for name, count in counts.items() if count is not None}
