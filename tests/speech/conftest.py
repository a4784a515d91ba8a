"""The container's own environment: torch, pyannote.audio and faster-whisper, on the CPU."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lifestream.media.audio import Audio

SAMPLE = Path(__file__).parent.parent.parent / "samples" / "team-meeting.mp4"


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


@pytest.fixture(scope="session")
def sample() -> NDArray[np.float32]:
    import av
    import numpy as np

    resampler = av.AudioResampler(format="s16", layout="mono", rate=16_000)
    with av.open(str(SAMPLE)) as video:
        parts = [part for frame in video.decode(audio=0) for part in resampler.resample(frame)]
    samples = np.concatenate([part.to_ndarray()[0] for part in parts])
    return samples.astype(np.float32) / np.float32(32768)


@pytest.fixture(scope="session")
def speech(sample: NDArray[np.float32]) -> Audio:
    """Return twelve seconds of real speech. The tiny models recognize only noise in it."""
    from builders import audio_with_speech

    return audio_with_speech(sample[: 12 * 16_000])


@pytest.fixture
def copied(models: Path, tmp_path: Path) -> Path:
    for name in ("tiny", "tiny-diarization"):
        shutil.copytree(models / name, tmp_path / name)
    return tmp_path
