"""Sound in, the stretches with speech out: Silero VAD, whose model faster-whisper carries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lifestream.media import SAMPLE_RATE


@dataclass(frozen=True)
class SpeechSpan:
    """In samples at 16 kHz, end exclusive."""

    start: int
    end: int

    @property
    def start_seconds(self) -> float:
        return self.start / SAMPLE_RATE


def speech_spans(
    samples: NDArray[np.float32], *, min_silence_ms: int = 300, pad_ms: int = 150
) -> list[SpeechSpan]:
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(min_silence_duration_ms=min_silence_ms, speech_pad_ms=pad_ms)
    return [
        SpeechSpan(span["start"], span["end"])
        for span in get_speech_timestamps(samples, options, sampling_rate=SAMPLE_RATE)
    ]
