"""Problems with a model, a library or memory have named errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from builders import no_progress
from lifestream.domain.options import JobOptions
from lifestream.engines.diarization.pyannote import Pyannote
from lifestream.engines.model_weights import write_sums
from lifestream.engines.transcription.faster_whisper import FasterWhisper
from lifestream.errors import (
    CudaLibraryError,
    ModelAlteredError,
    ModelMissingError,
    OutOfMemoryError,
    SpeechEngineError,
)
from lifestream.media.audio import Audio
from lifestream.media.voice_activity import SpeechSpan
from speech.asked import RATE, out_of_memory, settings, transcribed


@pytest.fixture(scope="module")
def whisper(models: Path) -> FasterWhisper:
    return FasterWhisper(settings(models))


@pytest.mark.setting("device")
@pytest.mark.fault("D8", by="torch without CUDA in the GPU image", so="CudaLibraryError")
def test_libraries_without_cuda_have_their_own_error(models: Path) -> None:
    """The libraries of this environment have no CUDA, and raise their real errors."""
    for engine in (FasterWhisper, Pyannote):
        with pytest.raises(CudaLibraryError, match="not compiled with CUDA") as raised:
            engine(settings(models, device="cuda"))
        assert "requirements-gpu.txt" in raised.value.advice


@pytest.mark.fault("D9", by="a model's folder is empty", so="ModelMissingError before any work")
@pytest.mark.parametrize("name", ["model.bin", "tokenizer.json"])
def test_a_missing_model_has_its_own_error(copied: Path, name: str) -> None:
    (copied / "tiny" / name).unlink()
    (copied / "tiny-diarization" / "config.yaml").unlink()

    with pytest.raises(ModelMissingError, match=name):
        FasterWhisper(settings(copied))
    with pytest.raises(ModelMissingError, match=r"config\.yaml is missing"):
        Pyannote(settings(copied))


@pytest.mark.fault("D9", by="a model's file is cut off or damaged", so="ModelAlteredError")
@pytest.mark.parametrize("content", [b"damaged", b""])
def test_a_damaged_model_has_its_own_error(copied: Path, content: bytes) -> None:
    (copied / "tiny" / "model.bin").write_bytes(content)
    (copied / "tiny-diarization" / "embedding" / "pytorch_model.bin").write_bytes(content)

    with pytest.raises(ModelAlteredError):
        FasterWhisper(settings(copied))
    with pytest.raises(ModelAlteredError):
        Pyannote(settings(copied))


@pytest.mark.fault(
    "D9", by="one byte of a model is different", so="ModelAlteredError, from its checksum"
)
def test_an_altered_model_is_detected_although_it_loads(copied: Path) -> None:
    weights = copied / "tiny" / "model.bin"
    write_sums(copied / "tiny")
    FasterWhisper(settings(copied))
    data = bytearray(weights.read_bytes())
    data[-100] ^= 1
    weights.write_bytes(data)

    with pytest.raises(ModelAlteredError, match=r"model\.bin does not match its checksum"):
        FasterWhisper(settings(copied))


@pytest.mark.fault("D5", by="GPU memory is too small for a batch of 8", so="the batch is halved")
def test_a_batch_that_does_not_fit_is_halved(
    models: Path, speech: Audio, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FasterWhisper(settings(models, whisper_batch_size=8))
    transcribe, tried = engine._pipeline.transcribe, []

    def small(samples: Any, *, batch_size: int, **more: Any) -> Any:
        tried.append(batch_size)
        if batch_size > 2:
            out_of_memory()
        return transcribe(samples, batch_size=batch_size, **more)

    monkeypatch.setattr(engine._pipeline, "transcribe", small)

    assert transcribed(engine, speech, language="en").segments
    assert tried == [8, 4, 2]


@pytest.mark.fault("D5", by="not even one clip fits in float32", so="int8 is loaded instead")
def test_int8_is_loaded_if_one_clip_does_not_fit(
    models: Path, speech: Audio, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FasterWhisper(settings(models, whisper_batch_size=1, compute_type="float32"))
    monkeypatch.setattr(engine._pipeline, "transcribe", out_of_memory)

    assert transcribed(engine, speech, language="en").segments
    assert engine._pipeline.model.model.compute_type.startswith("int8")


@pytest.mark.fault("D5", by="no smaller configuration is left", so="OutOfMemoryError with advice")
def test_an_engine_that_never_fits_is_out_of_memory(
    models: Path, speech: Audio, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = FasterWhisper(settings(models, whisper_batch_size=2, compute_type="int8"))
    voices = Pyannote(settings(models, pyannote_batch_size=2))
    monkeypatch.setattr(words._pipeline, "transcribe", out_of_memory)
    monkeypatch.setattr(type(voices._pipeline), "apply", out_of_memory)

    with pytest.raises(OutOfMemoryError, match="out of memory"):
        transcribed(words, speech)
    with pytest.raises(OutOfMemoryError, match="out of memory"):
        voices.diarize(speech, JobOptions(), no_progress)


def test_any_other_failure_of_an_engine_is_a_speech_engine_error(
    whisper: FasterWhisper, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the tensor has an odd shape")

    monkeypatch.setattr(whisper._pipeline, "transcribe", broken)
    audio = Audio(np.zeros(RATE, dtype=np.float32), (SpeechSpan(0, RATE),))

    with pytest.raises(SpeechEngineError, match="odd shape"):
        transcribed(whisper, audio)
