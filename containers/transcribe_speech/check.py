"""`--check`: run both engines on one second of audio and report what is wrong.

If pyannote.audio is not installed, as on a laptop, the diarizer is checked that a job would get.
`--without-models` checks only what the image itself contains: the libraries and the voice activity
detector. The build of the image does that, on the CPU.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec

import numpy as np

from lifestream.aws import clients
from lifestream.aws.model_weights import fetch_models
from lifestream.domain.options import JobOptions
from lifestream.engines.diarization import load_diarizer
from lifestream.engines.diarization.pyannote import Pyannote
from lifestream.engines.speech_runtime.device import named_errors, resolve_device
from lifestream.engines.transcription import load_transcriber
from lifestream.errors import PipelineError
from lifestream.media import SAMPLE_RATE
from lifestream.media.audio import Audio
from lifestream.media.voice_activity import SpeechSpan, speech_spans
from lifestream.settings import SpeechSettings, Storage, load


def check(arguments: Sequence[str]) -> int:
    """Return 0 if everything works, else 1."""
    parser = argparse.ArgumentParser(prog="main.py", description=__doc__)
    parser.add_argument("--check", action="store_true", required=True)
    parser.add_argument("--without-models", action="store_true")
    options = parser.parse_args(arguments)
    settings = load(SpeechSettings)
    needs_pyannote = options.without_models or has_pyannote()
    attempts: dict[str, Callable[[], str]] = {
        "libraries": lambda: try_libraries(needs_pyannote=needs_pyannote)
    }
    if not options.without_models:
        attempts |= {
            "models": lambda: fetch(settings),
            "recognition": lambda: try_recognition(settings),
            "diarization": lambda: try_diarization(settings),
        }
    outcomes = [works(name, attempt) for name, attempt in attempts.items()]
    return 0 if all(outcomes) else 1


def works(name: str, attempt: Callable[[], str]) -> bool:
    started = time.monotonic()
    try:
        what = attempt()
    except PipelineError as error:
        sys.stdout.write(f"{name}: {type(error).__name__}: {error}\n  {error.advice}\n")
        return False
    sys.stdout.write(f"{name}: {what}, {time.monotonic() - started:.1f} s\n")
    return True


def try_libraries(*, needs_pyannote: bool) -> str:
    """Import the libraries. A built-in engine must not stand in for what the image lacks."""
    with named_errors("libraries"):
        import ctranslate2
        import faster_whisper

        speech_spans(one_second().samples)
        found = (
            f"faster-whisper {faster_whisper.__version__}, CTranslate2 {ctranslate2.__version__}"
        )
        if not needs_pyannote:
            return f"{found}, the built-in diarizer"
        import pyannote.audio
        import torch

    return f"{found}, pyannote.audio {pyannote.audio.__version__}, torch {torch.__version__}"


def fetch(settings: SpeechSettings) -> str:
    if settings.models_prefix:
        bucket = load(Storage).bucket
        fetch_models(clients.s3(), bucket, settings.models_prefix, settings.models_dir)
    return f"in {settings.models_dir}"


def try_recognition(settings: SpeechSettings) -> str:
    engine = load_transcriber(settings)
    engine.transcribe(one_second(), JobOptions(), lambda _: None)
    return f"{engine.name} on {resolve_device(settings.device)}"


def try_diarization(settings: SpeechSettings) -> str:
    engine = Pyannote(settings) if has_pyannote() else load_diarizer(settings)
    engine.diarize(one_second(), JobOptions(), lambda _: None)
    return f"{engine.name} on {resolve_device(settings.device)}"


def has_pyannote() -> bool:
    return find_spec("pyannote") is not None


def one_second() -> Audio:
    """Return a hum that is marked as speech, so that no engine skips it."""
    at = np.arange(SAMPLE_RATE, dtype=np.float32) / SAMPLE_RATE
    return Audio(np.float32(0.1) * np.sin(2 * np.pi * 140 * at), (SpeechSpan(0, SAMPLE_RATE),))
