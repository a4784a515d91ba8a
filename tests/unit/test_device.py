"""Errors of the speech libraries are translated into named errors with advice."""

from __future__ import annotations

from pathlib import Path
from pickle import UnpicklingError

import pytest

from lifestream.engines.model_weights import SUMS, verified, write_sums
from lifestream.engines.speech_runtime.device import GIB, capacity, capacity_of, named_errors
from lifestream.errors import (
    ConfigurationError,
    CudaLibraryError,
    GpuDriverError,
    ModelAlteredError,
    ModelMissingError,
    OutOfMemoryError,
    PipelineError,
    SpeechEngineError,
)

RAISED: list[tuple[Exception, type[PipelineError]]] = [
    # CTranslate2
    (RuntimeError("CUDA failed with error out of memory"), OutOfMemoryError),
    (RuntimeError("cuBLAS failed with status CUBLAS_STATUS_ALLOC_FAILED"), OutOfMemoryError),
    (RuntimeError("Library libcublas.so.12 is not found or cannot be loaded"), CudaLibraryError),
    (
        RuntimeError(
            "CUDA failed with error CUDA driver version is insufficient for CUDA runtime version"
        ),
        GpuDriverError,
    ),
    (RuntimeError("CUDA failed with error no CUDA-capable device is detected"), GpuDriverError),
    (
        ValueError("This CTranslate2 package was not compiled with CUDA support"),
        CudaLibraryError,
    ),
    (
        RuntimeError(
            "File model.bin is incomplete: failed to read a buffer of size 4 at position 0"
        ),
        ModelAlteredError,
    ),
    (RuntimeError("Unable to open file 'model.bin' in model '/opt/models/x'"), ModelAlteredError),
    # torch and pyannote.audio
    (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB."), OutOfMemoryError),
    (MemoryError("batch_size ( 32) is probably too large."), OutOfMemoryError),
    (
        RuntimeError("Found no NVIDIA driver on your system. Please check that you have a GPU"),
        GpuDriverError,
    ),
    (
        RuntimeError("The NVIDIA driver on your system is too old (found version 11040)."),
        GpuDriverError,
    ),
    (AssertionError("Torch not compiled with CUDA enabled"), CudaLibraryError),
    (
        RuntimeError("CUDA error: no kernel image is available for execution on the device"),
        CudaLibraryError,
    ),
    (
        OSError("libcudart.so.12: cannot open shared object file: No such file or directory"),
        CudaLibraryError,
    ),
    (
        ImportError("libcuda.so.1: cannot open shared object file: No such file or directory"),
        GpuDriverError,
    ),
    (UnpicklingError("invalid load key, 'd'."), ModelAlteredError),
    (EOFError("Ran out of input"), ModelAlteredError),
    (
        RuntimeError(
            "PytorchStreamReader failed reading zip archive: failed finding central directory"
        ),
        ModelAlteredError,
    ),
    (ImportError("No module named 'pyannote'"), ConfigurationError),
    (RuntimeError("something else"), SpeechEngineError),
]


@pytest.mark.fault(
    "D8", by="the libraries' messages about driver and CUDA", so="a named error for each"
)
@pytest.mark.parametrize(("raised", "expected"), RAISED, ids=lambda value: str(value)[:40])
def test_each_engine_error_gets_its_own_name(
    raised: Exception, expected: type[PipelineError]
) -> None:
    with pytest.raises(PipelineError) as caught, named_errors("engine"):
        raise raised

    assert type(caught.value) is expected
    assert str(raised) in str(caught.value)
    assert caught.value.advice != PipelineError.advice


def test_our_own_errors_pass_unchanged() -> None:
    with pytest.raises(ModelMissingError, match=r"^none$"), named_errors("engine"):
        raise ModelMissingError("none")


def test_less_memory_means_smaller_batches() -> None:
    on_gpu = [capacity(free * GIB, on_gpu=True) for free in (22, 14, 8, 5, 1)]

    assert [fits.whisper_batch for fits in on_gpu] == [16, 16, 8, 4, 1]
    assert [fits.compute_type for fits in on_gpu][-1] == "int8_float16"
    assert not on_gpu[-1].both_at_once
    small, large = (capacity(free * GIB, on_gpu=False) for free in (1, 9))
    assert small.whisper_batch < large.whisper_batch
    assert capacity_of("cpu").compute_type == "int8"


def test_a_folder_is_compared_with_its_sums(tmp_path: Path) -> None:
    model = tmp_path
    (model / "deep").mkdir()
    (model / "model.bin").write_bytes(b"weights")
    (model / "deep" / "part.bin").write_bytes(b"part")

    assert verified(model, "model.bin") == model  # no sums: nothing to compare with
    write_sums(model)
    assert verified(model, "model.bin") == model
    assert (model / SUMS).read_text().endswith("  model.bin\n")

    (model / "deep" / "part.bin").write_bytes(b"pact")
    with pytest.raises(ModelAlteredError, match=r"deep/part\.bin"):
        verified(model, "model.bin")
    (model / "deep" / "part.bin").unlink()
    with pytest.raises(ModelMissingError, match=r"deep/part\.bin is missing"):
        verified(model, "model.bin")
