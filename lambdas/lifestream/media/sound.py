"""A FLAC file in, samples in memory out: decoded once, for every engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def load_samples(path: Path) -> NDArray[np.float32]:
    """(samples,): mono, 16 kHz, -1 to 1. Only for files that ExtractAudio wrote."""
    import av

    with av.open(str(path), format="flac") as container:
        pieces = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    if not pieces:
        return np.zeros(0, dtype=np.float32)
    samples = np.concatenate(pieces).astype(np.float32)
    samples /= 32768
    return samples
