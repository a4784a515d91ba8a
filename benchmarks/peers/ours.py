"""Run our speech pipeline on a local FLAC file and local models.

If pyannote.audio is not installed, the built-in diarizer runs.

`python ours.py yes|no MODELS FLAC TEXT`: `yes` runs both engines in parallel
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

if find_spec("torchaudio"):
    import speech.conftest  # noqa: F401  # makes torchaudio importable beside a torch without CUDA

from local_task import transcribe  # after torchaudio

from lifestream.settings import SpeechSettings


def main(in_parallel: Any, models: Path, flac: Path, text: Path) -> None:
    settings = SpeechSettings(
        models_dir=models,
        whisper_model="tiny.en",
        pyannote_model="diarization",
        device="cpu",
        both_at_once=in_parallel,
    )
    transcript, _ = transcribe(flac, settings)
    text.write_text(" ".join(segment.text for segment in transcript.reliable.segments))


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))
