"""Detect speech with Silero VAD, whose model is part of faster-whisper."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifestream.media import SAMPLE_RATE

if TYPE_CHECKING:
    from faster_whisper.vad import VadOptions

LONGEST_SPAN_SECONDS = 30.0
"""The most audio that Whisper takes at once."""
WINDOW = 600 * SAMPLE_RATE
"""How much one core searches at once, because the detector copies its input twice."""
SHORTEST_REST = SAMPLE_RATE // 10


@dataclass(frozen=True, order=True)
class SpeechSpan:
    """A span of speech in samples at 16 kHz. `end` is exclusive."""

    start: int
    end: int

    @property
    def start_seconds(self) -> float:
        return self.start / SAMPLE_RATE

    @property
    def end_seconds(self) -> float:
        return self.end / SAMPLE_RATE


def speech_spans(
    samples: NDArray[np.float32],
    *,
    threshold: float = 0.5,
    min_silence_ms: int = 300,
    pad_ms: int = 150,
) -> tuple[SpeechSpan, ...]:
    """Return spans in time order, each at most 30 seconds long.

    A pause shorter than `min_silence_ms` does not end a span; `pad_ms` are added on both sides.
    """
    from faster_whisper.vad import VadOptions

    options = VadOptions(
        threshold=threshold,
        min_silence_duration_ms=min_silence_ms,
        speech_pad_ms=pad_ms,
        max_speech_duration_s=LONGEST_SPAN_SECONDS,
    )
    return tuple(_spans(samples, options))


def _spans(samples: NDArray[np.float32], options: VadOptions) -> Iterator[SpeechSpan]:
    """Search windows in parallel. A span that begins in one window is left out of the next."""
    begins = range(0, len(samples), WINDOW)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        windows = list(pool.map(lambda begin: _in_window(samples, begin, options), begins))
    end = 0
    for span in (span for spans in windows for span in spans):
        start = max(span.start, end)
        if span.end - start >= SHORTEST_REST or start == span.start:
            yield SpeechSpan(start, span.end)
            end = span.end


def _in_window(samples: NDArray[np.float32], begin: int, options: VadOptions) -> list[SpeechSpan]:
    """Return the spans that begin in the window, up to their end."""
    from faster_whisper.vad import get_speech_timestamps

    window = samples[begin : begin + WINDOW + int(LONGEST_SPAN_SECONDS * SAMPLE_RATE)]
    found = get_speech_timestamps(window, options, sampling_rate=SAMPLE_RATE)
    return [
        SpeechSpan(begin + span["start"], begin + span["end"])
        for span in found
        if span["start"] < WINDOW
    ]


def clips(spans: Sequence[SpeechSpan], *, max_seconds: float) -> list[SpeechSpan]:
    """Join neighbouring spans, with the pauses between them, as long as they fit."""
    joined: list[SpeechSpan] = []
    for span in spans:
        if joined and span.end - joined[-1].start <= max_seconds * SAMPLE_RATE:
            joined[-1] = SpeechSpan(joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined
