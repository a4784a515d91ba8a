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

    values = np.random.default_rng(size).normal(size=size) * 20

    assert smoothed(values, 2.0) == pytest.approx(gaussian_filter1d(values, 2.0))


@pytest.mark.parametrize("sigma", [0.1, 2.0])
@pytest.mark.parametrize("around", [5, 101])
@pytest.mark.parametrize("size", SIZES)
def test_valleys_are_scipys_peaks_upside_down(size: int, around: int, sigma: float) -> None:
    from scipy.ndimage import gaussian_filter1d
    from scipy.signal import find_peaks

    values = gaussian_filter1d(np.random.default_rng(size).normal(size=size) * 20, sigma)

    lowest, depths = valleys(values, around)

    peaks, found = find_peaks(-values, prominence=0, wlen=around)
    assert lowest.tolist() == peaks.tolist()
    assert depths == pytest.approx(found["prominences"])
