"""Loud stretches, relative to their minute and to the recording."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lifestream.media.loudness import loud_spans

RATE = 16_000


def hiss(seconds: float, decibels: float) -> NDArray[np.float32]:
    noise = np.random.default_rng(0).standard_normal(round(seconds * RATE), dtype=np.float32)
    return np.asarray(noise * 10 ** (decibels / 20), dtype=np.float32)


def found(*pieces: NDArray[np.float32]) -> list[tuple[float, float]]:
    spans = loud_spans(np.concatenate(pieces))
    return [(round(s.start_seconds, 1), round(s.end_seconds, 1)) for s in spans]


def test_a_loud_stretch_is_found_with_its_short_pauses() -> None:
    pieces = [hiss(5, -60), hiss(2, -25), hiss(0.3, -60), hiss(2, -25), hiss(5, -60)]

    assert found(*pieces) == [(5.0, 9.3)]


def test_a_click_is_not_loud_for_long_enough() -> None:
    assert found(hiss(5, -60), hiss(0.2, -10), hiss(5, -60), hiss(3, -30)) == [(10.2, 13.2)]


def test_audio_without_a_pause_is_loud_throughout() -> None:
    assert found(hiss(90, -30)) == [(0.0, 90.0)]


@pytest.mark.parametrize("decibels", [-65, -200])
def test_audio_too_quiet_to_understand_is_not_loud(decibels: float) -> None:
    assert found(hiss(90, decibels)) == []


def test_a_quiet_minute_is_judged_by_itself_but_not_its_silence() -> None:
    loud_minute = [hiss(30, -15), hiss(30, -70)]
    quiet_minute = [hiss(20, -70), hiss(20, -40), hiss(20, -70)]

    assert found(*loud_minute, *quiet_minute) == [(0.0, 30.0), (80.0, 100.0)]
    assert found(*loud_minute, hiss(60, -50)) == [(0.0, 30.0)]


def test_empty_or_very_short_audio_has_no_loud_spans() -> None:
    assert found(np.empty(0, dtype=np.float32)) == []
    assert found(hiss(0.01, -10)) == []
