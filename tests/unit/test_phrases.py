"""Speech is cut into phrases where it is quiet, but not into pieces that say little of a voice."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from lifestream.engines.diarization.phrases import LONGEST, SHORTEST, phrases
from lifestream.engines.diarization.voice_encoder import HOP
from lifestream.media import SAMPLE_RATE
from lifestream.media.voice_activity import SpeechSpan


def lengths(*bursts: float, pause: float = 0.1) -> list[float]:
    """Return how long the phrases are (seconds) of bursts of noise with pauses between them."""
    random = np.random.default_rng(0)
    silence = np.zeros(round(pause * SAMPLE_RATE))
    pieces = [silence]
    for burst in bursts:
        pieces += [random.standard_normal(round(burst * SAMPLE_RATE)) / 10, silence]
    samples = np.concatenate(pieces).astype(np.float32)
    span = SpeechSpan(len(silence), len(samples) - len(silence))
    found = list(phrases(samples, span))
    assert found[0].start == span.start
    assert span.end - HOP < found[-1].end <= span.end
    assert all(before.end == after.start for before, after in pairwise(found))
    return [(phrase.end - phrase.start) / SAMPLE_RATE for phrase in found]


def test_speech_is_cut_in_its_pauses() -> None:
    assert lengths(1.0, 1.5, 0.9) == pytest.approx([1.05, 1.6, 0.95], abs=0.05)


@pytest.mark.parametrize("burst", [0.1, 0.3, 0.6, 0.69])
def test_speech_that_is_too_short_for_two_phrases_is_one(burst: float) -> None:
    assert lengths(burst, burst) == pytest.approx([2 * burst + 0.1], abs=0.02)


def test_a_word_between_two_pauses_is_no_phrase_of_its_own() -> None:
    assert min(lengths(1.0, 0.3, 1.0)) * 100 >= SHORTEST


def test_speech_without_a_pause_is_cut_into_equal_pieces() -> None:
    found = lengths(5.0)
    assert found == pytest.approx([5 / 3] * 3, abs=0.02)
    assert max(found) * 100 <= LONGEST
