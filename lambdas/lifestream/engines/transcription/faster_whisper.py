"""faster-whisper: Whisper on CTranslate2, batched, with word times.

Source: https://github.com/SYSTRAN/faster-whisper
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifestream.domain.job import JobOptions
from lifestream.domain.transcript import Recognition, RecognizedSegment, Word
from lifestream.errors import ConfigurationError, SpeechEngineError
from lifestream.observability import logger

if TYPE_CHECKING:
    from faster_whisper.transcribe import Segment

OUT_OF_MEMORY = "out of memory"
"""CTranslate2 has no error of its own for it."""


class FasterWhisper:
    """A local model folder only: nothing is ever downloaded at run time."""

    def __init__(self, model: Path, *, device: str, batch_size: int) -> None:
        try:
            from faster_whisper import BatchedInferencePipeline, WhisperModel
        except ImportError as error:
            raise ConfigurationError(f"faster-whisper cannot be imported: {error}") from error
        if not (model / "model.bin").is_file():
            raise ConfigurationError(f"no Whisper model in {model}: model.bin is missing")
        self.name = f"faster-whisper/{model.name}"
        self._batch_size = batch_size
        try:
            self._pipeline = BatchedInferencePipeline(
                WhisperModel(str(model), device=device, compute_type="auto", local_files_only=True)
            )
        except (RuntimeError, ValueError) as error:
            raise SpeechEngineError(f"the Whisper model does not load: {error}") from error

    def transcribe(self, samples: NDArray[np.float32], options: JobOptions) -> Recognition:
        """Half as much at once where the GPU's memory does not suffice, down to one."""
        batch_size = self._batch_size
        while True:
            try:
                return self._transcribe(samples, options, batch_size)
            except SpeechEngineError as error:
                if OUT_OF_MEMORY not in str(error) or batch_size == 1:
                    raise
                batch_size //= 2
                logger.warning("out of GPU memory", extra={"next_batch_size": batch_size})

    def _transcribe(
        self, samples: NDArray[np.float32], options: JobOptions, batch_size: int
    ) -> Recognition:
        try:
            segments, info = self._pipeline.transcribe(
                samples,
                batch_size=batch_size,
                language=options.language,
                hotwords=" ".join(options.hotwords) or None,
                word_timestamps=True,
                vad_filter=True,
            )
            return Recognition(language=info.language, segments=tuple(_recognized(segments)))
        except (RuntimeError, ValueError) as error:
            raise SpeechEngineError(f"faster-whisper failed: {error}") from error


def _recognized(segments: Iterable[Segment]) -> Iterable[RecognizedSegment]:
    """Whisper's words begin with their space; empty ones are dropped."""
    for segment in segments:
        words = tuple(
            Word(
                text=word.word.strip(),
                start_seconds=round(word.start, 3),
                end_seconds=round(word.end, 3),
                confidence=round(word.probability, 3),
            )
            for word in segment.words or ()
            if word.word.strip()
        )
        if words:
            yield RecognizedSegment(words=words)
