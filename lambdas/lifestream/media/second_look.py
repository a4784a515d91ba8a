"""Search loud stretches in which no speech was detected a second time.

A telephone band that ends sharply leaves no energy above it, which the detector takes for silence
in any voice. Faint noise fills the band, and more speech is detected. Over music and hiss there is
still none (tests/contract/test_second_look.py).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from lifestream.domain.speech.timeline import Timeline
from lifestream.domain.transcript import Span
from lifestream.media import SAMPLE_RATE
from lifestream.media.voice_activity import SpeechSpan

THRESHOLD_SHARE = 0.7
"""The threshold of the second look, as a share of the first one."""
LOUDNESS = 0.1
NOISE = LOUDNESS * 10 ** (-25 / 20)
"""25 decibels below the speech, which is scaled to LOUDNESS (both are root mean squares)."""
SHORTEST_SECONDS = 0.5
MINUTE = 60 * SAMPLE_RATE
SEED = 0

Detect = Callable[[NDArray[np.float32]], Iterable[SpeechSpan]]


def second_look(
    samples: NDArray[np.float32],
    loud: Iterable[Span],
    speech: Iterable[SpeechSpan],
    detect: Detect,
) -> Iterator[SpeechSpan]:
    """Yield more speech, in time order, none of it in `speech`. `detect` has a lower threshold."""

    def search(piece: SpeechSpan) -> list[SpeechSpan]:
        found = detect(_with_noise(samples[piece.start : piece.end]))
        return [SpeechSpan(piece.start + span.start, piece.start + span.end) for span in found]

    pieces = [piece for span in Timeline(loud).without(Timeline(speech)) for piece in _pieces(span)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(search, pieces):
            yield from found


def _pieces(stretch: Span) -> Iterator[SpeechSpan]:
    """Yield pieces of at most a minute: hours of music are never copied whole."""
    if stretch.seconds < SHORTEST_SECONDS:
        return
    begin, end = (round(s * SAMPLE_RATE) for s in (stretch.start_seconds, stretch.end_seconds))
    for start in range(begin, end, MINUTE):
        yield SpeechSpan(start, min(start + MINUTE, end))


def _with_noise(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Add noise, which is the same at every run."""
    loudness = float(np.sqrt(np.mean(np.square(samples), dtype=np.float64)))
    noise = np.random.default_rng(SEED).standard_normal(len(samples), dtype=np.float32)
    return np.asarray(samples * (LOUDNESS / loudness) + noise * NOISE, dtype=np.float32)
