"""Voice activity detection finds the same speech in one piece and in windows."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from lifestream.media.audio import load_samples
from lifestream.media.voice_activity import SpeechSpan, clips, speech_spans

RATE = 16_000


@pytest.fixture(scope="module")
def samples(sample_flac: object) -> NDArray[np.float32]:
    return load_samples(sample_flac)  # type: ignore[arg-type]


def covered(spans: tuple[SpeechSpan, ...], length: int) -> NDArray[np.bool_]:
    found = np.zeros(length, dtype=bool)
    for span in spans:
        found[span.start : span.end] = True
    return found


@pytest.mark.parametrize("seconds", [7, 20])
def test_windows_find_the_same_speech_as_one_piece(
    samples: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    """Small differences are allowed at the cuts, where the detector starts without context."""
    whole = speech_spans(samples)
    monkeypatch.setattr("lifestream.media.voice_activity.WINDOW", seconds * RATE)

    pieces = speech_spans(samples)

    differing = covered(whole, len(samples)) != covered(pieces, len(samples))
    assert all(before.end <= after.start for before, after in pairwise(pieces))
    assert differing.mean() < 0.02


def test_no_span_is_longer_than_thirty_seconds(samples: NDArray[np.float32]) -> None:
    speech = np.concatenate([samples[s.start : s.end] for s in speech_spans(samples, pad_ms=0)])
    endless = np.tile(speech, 3)

    spans = speech_spans(endless, min_silence_ms=5_000)

    assert len(spans) > 3
    assert all(span.end - span.start <= 30 * RATE for span in spans)


def test_clips_hold_neighbours_together_as_long_as_they_fit() -> None:
    spans = [SpeechSpan(int(a * RATE), int(b * RATE)) for a, b in ((0, 9), (12, 20), (25, 40))]

    joined = clips(spans, max_seconds=30)

    assert [(c.start_seconds, c.end_seconds) for c in joined] == [(0, 20), (25, 40)]
