"""Our smoothing and valleys agree with SciPy's, which the container does not import."""

from __future__ import annotations

import numpy as np
import pytest

from lifestream.engines.diarization.phrases import smoothed, valleys

# SciPy is imported where it is used, because the import would slow down the collection of tests.
SIZES = [1, 2, 3, 8, 100, 101, 3000]


@pytest.mark.parametrize("size", SIZES)
def test_smoothing_is_scipys(size: int) -> None:
    from scipy.ndimage import gaussian_filter1d

    values = (np.random.default_rng(size).normal(size=size) * 20).astype(np.float32)

    assert smoothed(values, 2.0) == pytest.approx(gaussian_filter1d(values, 2.0))


@pytest.mark.filterwarnings("ignore:some peaks have a prominence of 0")
@pytest.mark.parametrize("floor", [-np.inf, -4.0], ids=["rough", "with flat valleys"])
@pytest.mark.parametrize("sigma", [0.1, 2.0])
@pytest.mark.parametrize("around", [5, 101])
@pytest.mark.parametrize("size", SIZES)
def test_valleys_are_scipys_peaks_upside_down(
    size: int, around: int, sigma: float, floor: float
) -> None:
    from scipy.ndimage import gaussian_filter1d
    from scipy.signal import find_peaks

    values = (np.random.default_rng(size).normal(size=size) * 20).astype(np.float32)
    values = np.maximum(gaussian_filter1d(values, sigma), floor)

    lowest, depths = valleys(values, around)

    peaks, found = find_peaks(-values, prominence=0, wlen=around)
    assert lowest.tolist() == peaks.tolist()
    assert depths == pytest.approx(found["prominences"])


def test_digital_silence_is_one_valley_in_its_middle() -> None:
    loudness = np.concatenate([np.full(50, -10.0), np.full(20, -70.0), np.full(50, -12.0)])

    lowest, depths = valleys(smoothed(loudness.astype(np.float32), 2.0), 101)

    assert lowest[depths > 6].tolist() == [59]
