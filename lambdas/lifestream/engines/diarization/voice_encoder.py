"""Encode a phrase as a vector that is similar for phrases of one voice.

`voice_encoder.onnx` holds the voice encoder of Resemblyzer 0.1.4 (Apache License 2.0), an LSTM that
was trained to tell thousands of speakers apart: Wan et al., "Generalized end-to-end loss for
speaker verification" (2018). `samples/make_voice_encoder.py` made the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifestream.media import SAMPLE_RATE

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MODEL = Path(__file__).with_name("voice_encoder.onnx")
BANDS, WINDOW, HOP = 40, 400, 160
FRAMES = 160
"""The length that the encoder was trained on: 1.6 seconds. A shorter phrase is repeated to it."""
LOUDNESS = 0.04
"""The encoder is sensitive to loudness, so a recording is scaled to this root mean square."""


class VoiceEncoder:
    """The encoder for one recording. `loudness`: the root mean square of its speech."""

    def __init__(self, loudness: float) -> None:
        self._gain = np.float32((LOUDNESS / max(loudness, 1e-6)) ** 2)

    def encode(self, spectra: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return (phrases, 256), of length 1, for the `mel` of each phrase."""
        clips = np.stack([np.resize(self._levelled(s), (FRAMES, BANDS)) for s in spectra])
        (voices,) = _session().run(None, {"mel": clips})
        return np.asarray(voices / np.maximum(np.linalg.norm(voices, axis=1, keepdims=True), 1e-9))

    def _levelled(self, spectrum: NDArray[np.float32]) -> NDArray[np.float32]:
        """Remove half of the differences in loudness between phrases: people turn their heads."""
        power = spectrum * self._gain
        return np.asarray(power / np.sqrt(power.sum(axis=1).mean() + 1e-9))


def mel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (frames, 40): energy in mel bands, a row per 10 ms, like librosa's default."""
    padded = np.pad(samples, WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    spectrum = np.fft.rfft(frames * np.hanning(WINDOW + 1)[:-1].astype(np.float32))
    return np.asarray((np.square(spectrum.real) + np.square(spectrum.imag)) @ _filters())


@cache
def _session() -> InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Threads that wait in a loop would take the cores from the recognizer.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(MODEL), options, providers=["CPUExecutionProvider"])


@cache
def _filters() -> NDArray[np.float32]:
    """Return (201, 40): triangles of equal area on Slaney's mel scale, 0 to 8 kHz."""
    edges = _hertz(np.linspace(0, _mels(SAMPLE_RATE / 2), BANDS + 2))
    bins = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE)[:, None]
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    triangles = np.maximum(0, np.minimum(rising, falling)) * 2 / (right - left)
    return triangles.astype(np.float32)


STEP, KNEE = 200 / 3, 1000.0
"""Slaney's scale: a mel per 66.7 Hz up to 1 kHz, then 27 mels per factor of 6.4."""


def _mels(hertz: float) -> float:
    return KNEE / STEP + 27 * float(np.log(hertz / KNEE) / np.log(6.4))


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = mels * STEP
    return np.where(linear < KNEE, linear, KNEE * 6.4 ** ((mels - KNEE / STEP) / 27))
