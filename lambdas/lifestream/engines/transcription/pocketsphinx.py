"""PocketSphinx: the embedded recognizer. English only, its model is in the wheel, runs anywhere.

One decode a VAD span (word error rate 5 to 10 % on clear synthetic voices, see `make bench`);
spans are independent of each other, so they are decoded side by side, one process a core.

Source: https://github.com/cmusphinx/pocketsphinx
"""

from __future__ import annotations

import multiprocessing
import os
import re
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifestream.domain.job import JobOptions
from lifestream.domain.transcript import Recognition, RecognizedSegment, Word
from lifestream.engines.transcription import Heard
from lifestream.errors import ConfigurationError, UnsupportedOptionError
from lifestream.media import SAMPLE_RATE
from lifestream.media.sound import Sound

if TYPE_CHECKING:
    import pocketsphinx

FRAMES_PER_SECOND = 100
NEEDS_WHISPER = ("hotwords", "initial_prompt", "multilingual", "translate")
PRONUNCIATION_VARIANT = re.compile(r"\(\d+\)$")


class PocketSphinx:
    name = "pocketsphinx/en-us"

    def __init__(self) -> None:
        try:
            import pocketsphinx  # noqa: F401
        except ImportError as error:
            raise ConfigurationError(
                "no recognition engine: there is no Whisper model in MODELS_DIR, "
                "and pocketsphinx is not installed"
            ) from error

    def transcribe(self, sound: Sound, options: JobOptions, heard: Heard) -> Recognition:
        if options.language not in (None, "en"):
            raise UnsupportedOptionError(f"pocketsphinx knows no language {options.language!r}")
        if refused := [name for name in NEEDS_WHISPER if getattr(options, name)]:
            raise UnsupportedOptionError(f"pocketsphinx takes no {', '.join(refused)}")
        segments = []
        for segment, span in zip(_decode_side_by_side(sound), sound.speech, strict=True):
            segments.append(segment)
            heard(span.end_seconds)
        return Recognition(language="en", segments=tuple(s for s in segments if s.words))


def _decode_side_by_side(sound: Sound) -> Iterator[RecognizedSegment]:
    if not sound.speech:
        return
    clips = (_pcm(sound.samples[span.start : span.end]) for span in sound.speech)
    offsets = [span.start_seconds for span in sound.speech]
    # "spawn": a forked child of a process with threads (ONNX Runtime starts some) may deadlock.
    context = multiprocessing.get_context("spawn")
    workers = min(os.cpu_count() or 1, len(offsets))
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        yield from pool.map(_decode, clips, offsets)


def _pcm(samples: NDArray[np.float32]) -> bytes:
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def _decode(pcm: bytes, offset_seconds: float) -> RecognizedSegment:
    decoder = _decoder()
    decoder.start_utt()
    decoder.process_raw(pcm, full_utt=True)
    decoder.end_utt()
    words = tuple(_word(entry, offset_seconds) for entry in decoder.seg() or ())
    return RecognizedSegment(words=tuple(word for word in words if word))


def _word(entry: pocketsphinx.Segment, offset_seconds: float) -> Word | None:
    """None for silence and noise marks such as `<sil>` and `[NOISE]`. The confidence is the
    word's posterior probability in the lattice."""
    text = PRONUNCIATION_VARIANT.sub("", entry.word)
    if text.startswith(("<", "[", "+")):
        return None
    return Word(
        text=text,
        start_seconds=round(offset_seconds + entry.start_frame / FRAMES_PER_SECOND, 3),
        end_seconds=round(offset_seconds + (entry.end_frame + 1) / FRAMES_PER_SECOND, 3),
        confidence=round(min(1.0, entry.prob), 3),
    )


@cache
def _decoder() -> pocketsphinx.Decoder:
    """One a process. Cepstral mean normalisation stays on: without it 9 of 10 words are wrong."""
    import pocketsphinx

    return pocketsphinx.Decoder(samprate=SAMPLE_RATE, loglevel="FATAL")
