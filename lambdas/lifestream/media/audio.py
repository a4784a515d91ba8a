"""Decode a FLAC file into audio in memory, once for every engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lifestream.domain.transcript import Span
from lifestream.media import SAMPLE_RATE
from lifestream.media.voice_activity import SpeechSpan

FULL_SCALE = np.float32(32768)


@dataclass(frozen=True)
class Audio:
    """`samples` (n,): mono, 16 kHz, -1 to 1. `speech`: detected speech in time order, no span
    longer than 30 seconds. `loud`: where the audio is loud."""

    samples: NDArray[np.float32]
    speech: tuple[SpeechSpan, ...]
    loud: tuple[Span, ...] = ()

    @property
    def seconds(self) -> float:
        return len(self.samples) / SAMPLE_RATE


def load_samples(path: Path) -> NDArray[np.float32]:
    """Return (samples,): mono, 16 kHz, -1 to 1.

    Only for files that ExtractAudio wrote: they declare their length, so each sample is held once,
    in 4 bytes.
    """
    import av

    with av.open(str(path), format="flac") as container:
        stream = container.streams.audio[0]
        length = round((stream.duration or 0) * (stream.time_base or 0) * SAMPLE_RATE)
        samples = np.empty(length, dtype=np.float32)
        written = 0
        for frame in container.decode(stream):
            piece = frame.to_ndarray()[0]
            np.divide(piece, FULL_SCALE, out=samples[written : written + len(piece)])
            written += len(piece)
    return samples[:written]
