"""A second pass detects speech in a narrow telephone band, and none in music."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from transcribe_speech.pipeline import detect_speech

from contract.test_silence import music, noise
from lifestream.domain.speech.timeline import Timeline
from lifestream.media.audio import load_samples
from lifestream.media.voice_activity import speech_spans
from lifestream.settings import SpeechSettings

RATE = 16_000
SETTINGS = SpeechSettings(device="cpu")


def over_the_telephone(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the audio limited to 300 to 3,400 Hz, in eight bits of G.711 mu-law."""
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
    spectrum[(hertz < 300) | (hertz > 3_400)] = 0
    band = np.fft.irfft(spectrum, len(samples))
    band *= 0.9 / abs(band).max()
    coded = np.round(np.sign(band) * np.log1p(255 * abs(band)) / np.log(256) * 127) / 127
    return np.asarray(np.sign(coded) * (256 ** abs(coded) - 1) / 255, dtype=np.float32)


def test_speech_in_a_telephone_band_is_found(sample_flac: Path) -> None:
    samples = load_samples(sample_flac)
    spoken = Timeline(speech_spans(samples)).seconds
    band = over_the_telephone(samples)

    once, twice = Timeline(speech_spans(band)), Timeline(detect_speech(band, SETTINGS).speech)

    assert once.seconds < 0.5 * spoken
    assert twice.seconds > 0.7 * spoken


@pytest.mark.parametrize("audio", [music, noise])
def test_no_speech_is_detected_in_music_and_hiss(audio: partial[NDArray[np.float32]]) -> None:
    audio_of_call = detect_speech(audio(0), SETTINGS)

    assert audio_of_call.speech == ()
    assert Timeline(audio_of_call.loud).seconds > 30


def test_it_detects_the_same_every_time(sample_flac: Path) -> None:
    band = over_the_telephone(load_samples(sample_flac))

    assert detect_speech(band, SETTINGS).speech == detect_speech(band, SETTINGS).speech
