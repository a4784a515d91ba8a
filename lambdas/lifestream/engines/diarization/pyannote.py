"""pyannote.audio: neural diarization from a local pipeline folder, offline and without telemetry.

It gets the waveform in memory, so no second decoder reads the file. Words are assigned by its
exclusive turns, which were made for that.

Source: https://github.com/pyannote/pyannote-audio
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lifestream.domain.options import JobOptions
from lifestream.domain.speech.diagnostics import Diarization, Voiceprint
from lifestream.domain.transcript import SpeakerTurn
from lifestream.engines.model_weights import verified
from lifestream.engines.speech_runtime.device import capacity_of, named_errors, resolve_device
from lifestream.engines.transcription import ProgressCallback
from lifestream.errors import OutOfMemoryError
from lifestream.media import SAMPLE_RATE
from lifestream.media.audio import Audio
from lifestream.observability import logger
from lifestream.settings import SpeechSettings

if TYPE_CHECKING:
    from pyannote.audio import Pipeline
    from pyannote.core import Annotation

STAGES = {"segmentation": (0.0, 0.4), "embeddings": (0.4, 1.0)}
"""Which share of the work each stage is, roughly."""


class Pyannote:
    def __init__(self, settings: SpeechSettings) -> None:
        model = verified(settings.models_dir / settings.pyannote_model, "config.yaml")
        self.name = f"pyannote.audio/{model.name}"
        device = resolve_device(settings.device)
        self._batch_size = settings.pyannote_batch_size or capacity_of(device).pyannote_batch
        with named_errors("pyannote.audio"):
            self._pipeline = _load(model, device)

    def diarize(
        self, audio: Audio, options: JobOptions, on_progress: ProgressCallback
    ) -> Diarization:
        """Return the speaker turns. The batch size is halved each time memory runs out."""
        if not audio.speech:
            return Diarization()
        while True:
            try:
                with named_errors("pyannote.audio"):
                    return self._diarize(audio, options, on_progress)
            except OutOfMemoryError:
                if self._batch_size == 1:
                    raise
                self._batch_size //= 2
                logger.warning(
                    "out of memory, retrying with a smaller batch",
                    extra={"batch_size": self._batch_size},
                )

    def _diarize(
        self, audio: Audio, options: JobOptions, on_progress: ProgressCallback
    ) -> Diarization:
        import torch

        def hook(stage: str, *_: object, completed: int = 0, total: int = 0, **__: object) -> None:
            if total and stage in STAGES:
                begin, end = STAGES[stage]
                on_progress(audio.seconds * (begin + (end - begin) * min(1.0, completed / total)))

        self._pipeline.segmentation_batch_size = self._batch_size
        self._pipeline.embedding_batch_size = self._batch_size
        waveform = {"waveform": torch.from_numpy(audio.samples)[None], "sample_rate": SAMPLE_RATE}
        output = self._pipeline(waveform, hook=hook, **_speaker_counts(options))
        on_progress(audio.seconds)
        return Diarization(
            turns=_turns(output.speaker_diarization),
            exclusive_turns=_turns(output.exclusive_speaker_diarization),
            voices=_voices(output.speaker_diarization.labels(), output.speaker_embeddings),
        ).in_order_of_appearance()


def _load(model: Path, device: str) -> Pipeline:
    os.environ["PYANNOTE_METRICS_ENABLED"] = "0"  # before the import: telemetry is on by default
    import torch
    from pyannote.audio import Pipeline

    return Pipeline.from_pretrained(str(model)).to(torch.device(device))


def _turns(annotation: Annotation) -> tuple[SpeakerTurn, ...]:
    tracks = annotation.itertracks(yield_label=True)
    return tuple(
        SpeakerTurn(
            start_seconds=round(turn.start, 3), end_seconds=round(turn.end, 3), speaker=name
        )
        for turn, _, name in tracks
    )


def _voices(speakers: list[str], embeddings: Any) -> tuple[Voiceprint, ...]:
    """Return one voiceprint per speaker, except for speakers who never talk alone."""
    rows = [] if embeddings is None else embeddings.tolist()
    return tuple(
        Voiceprint(speaker=speaker, vector=tuple(round(value, 6) for value in row))
        for speaker, row in zip(speakers, rows, strict=True)
        if any(row) and all(value == value for value in row)  # noqa: PLR0124  # NaN differs from itself
    )


def _speaker_counts(options: JobOptions) -> dict[str, Any]:
    counts = {
        "num_speakers": options.speakers,
        "min_speakers": options.min_speakers,
        "max_speakers": options.max_speakers,
    }
    return {name: count for name, count in counts.items() if count is not None}
