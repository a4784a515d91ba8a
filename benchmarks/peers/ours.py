"""The container's own speech task on a local FLAC and local models; without pyannote.audio in the
environment, the built-in diarizer.

`python ours.py yes|no MODELS FLAC TEXT`: whether both engines work at once
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

if find_spec("torchaudio"):
    import speech.conftest  # noqa: F401  # makes torchaudio importable beside a torch without CUDA

from local_task import transcribe  # torchaudio comes first

from lifestream.settings import SpeechSettings


def main(together: Any, models: Path, flac: Path, text: Path) -> None:
    settings = SpeechSettings(
        models_dir=models,
        whisper_model="tiny.en",
        pyannote_model="diarization",
        device="cpu",
        both_at_once=together,
    )
    transcript, _ = transcribe(flac, settings)
    text.write_text(" ".join(segment.text for segment in transcript.reliable.segments))


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))
