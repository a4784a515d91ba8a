"""Find the stretches that are loud for their recording.

A voice detector recognizes only voices like those that it was trained on. Loudness does not depend
on voices: speech that the detector misses is loud too, and so are music and noise.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lifestream.domain.speech.timeline import Timeline
from lifestream.domain.transcript import Span
from lifestream.media import SAMPLE_RATE

FRAME = SAMPLE_RATE * 30 // 1000
FRAME_SECONDS = FRAME / SAMPLE_RATE
MINUTE = round(60 / FRAME_SECONDS)
"""In frames. Loudness is judged within each minute."""
SMALLEST_RANGE = 10.0
"""Decibels between pauses and speech. A minute with less has no pauses, or nothing else."""
BELOW_THE_LOUDEST = 30.0
QUIETEST = -60.0
"""Decibels of full scale: speech that is quieter cannot be understood."""
LONGEST_PAUSE_SECONDS = 0.4
SHORTEST_SECONDS = 0.5


def loud_spans(samples: NDArray[np.float32]) -> tuple[Span, ...]:
    """Return spans in time order, each at least half a second long, with short pauses in them."""
    minutes = [_levels(minute) for minute in _minutes(samples)]
    if not minutes:
        return ()
    loudest = float(np.percentile(np.concatenate(minutes), 95))
    lowest = max(QUIETEST, loudest - BELOW_THE_LOUDEST)
    is_loud = np.concatenate([levels > max(lowest, _halfway(levels)) for levels in minutes])
    spans = Timeline(_spans(is_loud), gap_seconds=LONGEST_PAUSE_SECONDS).spans
    return tuple(span for span in spans if span.seconds >= SHORTEST_SECONDS)


def _minutes(samples: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """Yield (frames, FRAME) per minute: the squares of a long recording do not fit into memory."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    return (frames[begin : begin + MINUTE] for begin in range(0, len(frames), MINUTE))


def _levels(frames: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return (frames,): decibels of full scale."""
    power = np.mean(np.square(frames), axis=1, dtype=np.float64)
    return np.asarray(10 * np.log10(power + 1e-10))


def _halfway(levels: NDArray[np.float64]) -> float:
    """Return the level between pauses and speech, or minus infinity if they hardly differ."""
    pauses, speech = np.percentile(levels, (10, 95))
    return float(pauses + speech) / 2 if speech - pauses >= SMALLEST_RANGE else -np.inf


def _spans(is_loud: NDArray[np.bool_]) -> Iterator[Span]:
    edges = np.flatnonzero(np.diff(is_loud.astype(np.int8), prepend=0, append=0)) * FRAME_SECONDS
    return (
        Span(start_seconds=round(float(begin), 3), end_seconds=round(float(end), 3))
        for begin, end in zip(edges[::2], edges[1::2], strict=True)
    )
