"""Shared by the speech tests: calls of both engines, and engines that run out of memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from builders import no_progress
from lifestream.domain.options import JobOptions
from lifestream.domain.transcript import Recognition
from lifestream.engines.transcription.faster_whisper import FasterWhisper
from lifestream.media.audio import Audio
from lifestream.settings import SpeechSettings

RATE = 16_000


def settings(models: Path, **more: Any) -> SpeechSettings:
    chosen = {"whisper_model": "tiny", "pyannote_model": "tiny-diarization", "device": "cpu"}
    return SpeechSettings(models_dir=models, **chosen | more)


def transcribed(engine: FasterWhisper, audio: Audio, **options: Any) -> Recognition:
    return engine.transcribe(audio, JobOptions(**options), no_progress)


def out_of_memory(*_: Any, **__: Any) -> Any:
    raise RuntimeError("CUDA failed with error out of memory")
