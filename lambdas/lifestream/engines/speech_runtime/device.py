"""Choose the device of the speech engines, what fits into its memory, and names for its errors.

The engines' libraries raise RuntimeError for everything, so only the text distinguishes an old
driver from a full memory. The texts are those of CTranslate2 4.8, torch 2.13 and pyannote.audio
4.0.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pickle import UnpicklingError

from lifestream.errors import (
    ConfigurationError,
    CudaLibraryError,
    GpuDriverError,
    ModelAlteredError,
    OutOfMemoryError,
    PipelineError,
    SpeechEngineError,
)

GIB = 1 << 30
SIGNS: tuple[tuple[type[PipelineError], tuple[str, ...]], ...] = (
    (
        OutOfMemoryError,
        ("out of memory", "alloc_failed", "is probably too large", "can't allocate memory"),
    ),
    (
        GpuDriverError,
        (
            "driver version is insufficient",
            "no cuda-capable device",
            "no nvidia driver",
            "driver on your system is too old",
            "libcuda.so",
        ),
    ),
    (
        CudaLibraryError,
        (
            "libcublas",
            "libcudnn",
            "libcudart",
            "libnvrtc",
            "not compiled with cuda",
            "no kernel image",
            "cudnn_status",
            "cublas_status",
        ),
    ),
    (
        ModelAlteredError,
        (
            "is incomplete",
            "unable to open file",
            "unsupported model binary",
            "pytorchstreamreader",
            "weights only load failed",
            "unexpected end of",
            "error(s) in loading state_dict",
            "expecting value",
        ),
    ),
)
VENDOR_ERRORS = (
    RuntimeError,
    ValueError,
    OSError,
    AssertionError,
    ImportError,
    MemoryError,
    KeyError,
    EOFError,
    UnpicklingError,
)


@dataclass(frozen=True)
class Capacity:
    """What Whisper large-v3-turbo and pyannote use on a device.

    That is the number format, the batch sizes, and whether both engines fit at once.
    """

    compute_type: str
    whisper_batch: int
    pyannote_batch: int
    both_at_once: bool


ON_GPU = (
    (12 * GIB, Capacity("float16", 16, 32, both_at_once=True)),
    (7 * GIB, Capacity("float16", 8, 32, both_at_once=True)),
    (4 * GIB, Capacity("int8_float16", 4, 16, both_at_once=False)),
    (0, Capacity("int8_float16", 1, 4, both_at_once=False)),
)
# Larger batches make a CPU no faster, and pyannote slower (benchmarks/peers.py).
ON_CPU = (
    (6 * GIB, Capacity("int8", 8, 2, both_at_once=True)),
    (0, Capacity("int8", 2, 1, both_at_once=False)),
)


def capacity(free_bytes: int, *, on_gpu: bool) -> Capacity:
    """Return a first guess. An engine halves its batch each time that is too large."""
    steps = ON_GPU if on_gpu else ON_CPU
    return next(fits for needed, fits in steps if free_bytes >= needed)


def capacity_of(device: str) -> Capacity:
    """Return the capacity of `device`, which is cuda or cpu, by its free memory."""
    if device == "cuda":
        import torch

        with named_errors("torch"):
            return capacity(torch.cuda.mem_get_info()[0], on_gpu=True)
    return capacity(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), on_gpu=False)


def resolve_device(device: str) -> str:
    """Return cuda or cpu, for `auto` too."""
    if device != "auto":
        return device
    import ctranslate2

    return "cuda" if ctranslate2.get_cuda_device_count() else "cpu"


@contextmanager
def named_errors(engine: str) -> Iterator[None]:
    """Raises OutOfMemoryError, GpuDriverError, CudaLibraryError, ModelAlteredError,
    ConfigurationError (a package is missing) or SpeechEngineError for what a library raises."""
    try:
        yield
    except VENDOR_ERRORS as error:
        raise classify_error(error, engine) from error


def classify_error(error: BaseException, engine: str) -> PipelineError:
    text = f"{engine}: {type(error).__name__}: {error}"
    if isinstance(error, MemoryError):
        return OutOfMemoryError(text)
    for name, signs in SIGNS:
        if any(sign in str(error).lower() for sign in signs):
            return name(text)
    if isinstance(error, ImportError):
        return ConfigurationError(text)
    if isinstance(error, (UnpicklingError, EOFError)):
        return ModelAlteredError(text)
    return SpeechEngineError(text)
