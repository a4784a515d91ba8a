"""The container's own environment: torch, pyannote.audio and faster-whisper, on the CPU."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


def _import_torchaudio_without_cuda() -> None:
    """torchaudio's wheel links CUDA libraries, which a CPU build of torch has not. pyannote
    needs only its Python part; torchaudio itself skips an extension that is not there."""
    try:
        import torchaudio
    except OSError:
        sys.modules["torchaudio._extension.utils"]._load_lib = lambda _name: False  # type: ignore[attr-defined]
        import torchaudio  # noqa: F401


_import_torchaudio_without_cuda()


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A MODELS_DIR with both tiny models under the names of the settings."""
    from speech.tiny_models import make_pyannote, make_whisper

    folder = tmp_path_factory.mktemp("models")
    make_whisper(folder / "tiny")
    make_pyannote(folder / "tiny-diarization")
    return folder
