"""Cut speech into phrases: pieces of about a second that one person speaks.

Speakers change at pauses, however short. So speech is cut where its loudness dips: on conversations
with turns of one to three seconds, 2 % of the time lies in a phrase of two speakers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from lifestream.engines.diarization.voice_encoder import HOP, mel
from lifestream.media.voice_activity import SpeechSpan

Values = NDArray[np.float32]
SHORTEST, LONGEST = 75, 200
"""In frames of 10 ms. A shorter phrase says too little about a voice."""
SMALLEST_DIP = 6.0
"""Decibels below the loudness of the half second on both sides."""
AROUND = 101
SMOOTHING = 2.0


def phrases(samples: NDArray[np.float32], span: SpeechSpan) -> Iterator[SpeechSpan]:
    """Yield phrases in time order, without gaps between them."""
    dips = _dips(samples[span.start : span.end])
    cuts = _long_enough(dips, (span.end - span.start) // HOP)
    for begin, end in pairwise(cuts):
        pieces = -(-(end - begin) // LONGEST)
        edges = np.linspace(begin, end, pieces + 1).round().astype(int) * HOP + span.start
        yield from (SpeechSpan(int(a), int(b)) for a, b in pairwise(edges))


def halved(spoken: Sequence[SpeechSpan], fewest: int) -> list[SpeechSpan]:
    """Halve the longest phrases until there is one for each of `fewest` speakers."""
    pieces = list(spoken)
    while pieces and len(pieces) < fewest:
        longest = max(range(len(pieces)), key=lambda i: pieces[i].end - pieces[i].start)
        start, end = pieces[longest].start, pieces[longest].end
        middle = (start + end) // 2
        if middle == start:
            break
        pieces[longest : longest + 1] = [SpeechSpan(start, middle), SpeechSpan(middle, end)]
    return pieces


def _dips(samples: NDArray[np.float32]) -> dict[int, float]:
    """Return frame → how deep the loudness dips there, in decibels."""
    energy = mel(samples).sum(axis=1)
    if not energy.size:
        return {}
    loudness = smoothed(10 * np.log10(energy + 1e-7), SMOOTHING)
    lowest, depths = valleys(loudness, AROUND)
    deep = depths >= SMALLEST_DIP
    return dict(zip(lowest[deep].tolist(), depths[deep].tolist(), strict=True))


def smoothed(values: Values, sigma: float) -> Values:
    """Return scipy.ndimage.gaussian_filter1d, whose import takes longer than the diarization of
    a short recording. Where the values are equal, so are the results: silence stays flat."""
    reach = int(4 * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    padded = np.pad(values, reach, mode="symmetric")
    means = np.convolve(padded, weights / weights.sum(), mode="valid")
    return means.astype(np.float32)


def valleys(values: Values, around: int) -> tuple[NDArray[np.intp], Values]:
    """Return the lowest places, of a flat one the middle, and their depths.

    They are the peaks and prominences of scipy.signal.find_peaks, upside down. A depth is measured
    from the lower rim within `around` values.
    """
    lowest = _lowest(values)
    reach = around // 2
    windows = sliding_window_view(np.pad(values, reach, constant_values=-np.inf), 2 * reach + 1)
    before, after = windows[lowest, reach::-1], windows[lowest, reach:]
    bottom = values[lowest, None]

    def rim(outwards: Values) -> Values:
        is_inside = np.minimum.accumulate(outwards >= bottom, axis=1)
        highest: Values = np.where(is_inside, outwards, bottom).max(axis=1)
        return highest

    return lowest, np.minimum(rim(before), rim(after)) - bottom[:, 0]


def _lowest(values: Values) -> NDArray[np.intp]:
    changes = np.flatnonzero(np.diff(values))
    first = np.concatenate(([0], changes + 1))
    last = np.concatenate((changes, [len(values) - 1]))
    level = values[first]
    is_lowest = (level[1:-1] < level[:-2]) & (level[1:-1] < level[2:])
    middle: NDArray[np.intp] = (first + last)[1:-1][is_lowest] // 2
    return middle


def _long_enough(dips: dict[int, float], frames: int) -> list[int]:
    """Return where to cut. Beside a phrase that is too short, the shallower dip is no cut."""
    cuts = [0, *dips, frames]
    while len(cuts) > 2:  # noqa: PLR2004  # both ends
        beside = [
            cut
            for begin, end in pairwise(cuts)
            if end - begin < SHORTEST
            for cut in (begin, end)
            if cut in dips
        ]
        if not beside:
            break
        cuts.remove(min(beside, key=lambda cut: (dips[cut], cut)))
    return cuts
