"""Make both tiny models for the image's check: `python -m image.make_models FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

import speech.conftest  # noqa: F401  # makes torchaudio importable beside a torch without CUDA
from speech.tiny_models import make_pyannote, make_whisper


def main(folder: Path) -> None:
    make_whisper(folder / "tiny")
    make_pyannote(folder / "tiny-diarization")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
