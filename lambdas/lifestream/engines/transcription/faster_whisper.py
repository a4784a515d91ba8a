"""faster-whisper: Whisper on CTranslate2, batched, with word times.

It gets clips of at most 30 seconds, cut at pauses, some minutes of them at a time: spectrograms and
results of a long recording are never in memory together, and if memory runs out, only those minutes
are transcribed again.

Source: https://github.com/SYSTRAN/faster-whisper
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from lifestream.domain.options import JobOptions
from lifestream.domain.speech.whisper import require_supported
from lifestream.domain.transcript import Recognition, RecognizedSegment, Word
from lifestream.engines.model_weights import verified
from lifestream.engines.speech_runtime.device import capacity_of, named_errors, resolve_device
from lifestream.engines.transcription import UNDETERMINED, ProgressCallback
from lifestream.errors import OutOfMemoryError
from lifestream.media.audio import Audio
from lifestream.media.voice_activity import LONGEST_SPAN_SECONDS, SpeechSpan, clips
from lifestream.observability import logger
from lifestream.settings import SpeechSettings

if TYPE_CHECKING:
    from faster_whisper.transcribe import Segment

    from lifestream.engines.transcription.whisper_pipeline import WhisperPipeline

NEEDED = ("model.bin", "config.json", "tokenizer.json")
CLIPS_AT_A_TIME = 32
SMALLER = {"float32": "int8", "float16": "int8_float16", "auto": "int8"}


class FasterWhisper:
    """Loads a local model folder. Nothing is downloaded at run time."""

    def __init__(self, settings: SpeechSettings) -> None:
        self._model = verified(settings.models_dir / settings.whisper_model, *NEEDED)
        self.name = f"faster-whisper/{self._model.name}"
        self._device = resolve_device(settings.device)
        capacity = capacity_of(self._device)
        is_open = settings.compute_type == "auto"
        self._compute_type = capacity.compute_type if is_open else settings.compute_type
        self._batch_size = settings.whisper_batch_size or capacity.whisper_batch
        self._pipeline = self._load()

    def transcribe(
        self, audio: Audio, options: JobOptions, on_progress: ProgressCallback
    ) -> Recognition:
        only_english = self._pipeline.knows_english_only
        require_supported(options, self._model.name, is_english_only=only_english)
        language = options.language
        segments: list[RecognizedSegment] = []
        whole = clips(audio.speech, max_seconds=LONGEST_SPAN_SECONDS)
        for first in range(0, len(whole), CLIPS_AT_A_TIME):
            window = whole[first : first + CLIPS_AT_A_TIME]
            attempt = partial(self._transcribe, audio, window, options, language, on_progress)
            found = self._fitting(attempt)
            language = language or found.language
            segments += found.segments
        on_progress(audio.seconds)
        spoken = "en" if options.translate else language or UNDETERMINED
        return Recognition(language=spoken, segments=tuple(segments))

    def _load(self) -> WhisperPipeline:
        with named_errors("faster-whisper"):
            from lifestream.engines.transcription.whisper_pipeline import WhisperPipeline

        while True:
            try:
                with named_errors("faster-whisper"):
                    return WhisperPipeline.load(self._model, self._device, self._compute_type)
            except OutOfMemoryError:
                if not self._use_smaller_numbers():
                    raise

    def _fitting(self, attempt: Callable[[], Recognition]) -> Recognition:
        """If memory runs out, halve the batch size, then use numbers of half the size."""
        while True:
            try:
                with named_errors("faster-whisper"):
                    return attempt()
            except OutOfMemoryError:
                if self._batch_size > 1:
                    self._batch_size //= 2
                elif self._use_smaller_numbers():
                    self._pipeline = self._load()
                else:
                    raise
                logger.warning(
                    "out of memory, retrying with less",
                    extra={"batch_size": self._batch_size, "compute_type": self._compute_type},
                )

    def _use_smaller_numbers(self) -> bool:
        if self._compute_type not in SMALLER:
            return False
        self._compute_type = SMALLER[self._compute_type]
        return True

    def _transcribe(
        self,
        audio: Audio,
        window: Sequence[SpeechSpan],
        options: JobOptions,
        language: str | None,
        on_progress: ProgressCallback,
    ) -> Recognition:
        segments, info = self._pipeline.transcribe(
            audio.samples,
            clip_timestamps=[{"start": c.start_seconds, "end": c.end_seconds} for c in window],
            batch_size=self._batch_size,
            language=language,
            language_detection_segments=4,
            task="translate" if options.translate else "transcribe",
            multilingual=options.multilingual,
            initial_prompt=options.initial_prompt,
            hotwords=" ".join(options.hotwords) or None,
            word_timestamps=True,
        )
        found: list[RecognizedSegment] = []
        for segment in segments:
            spoken = self._pipeline.languages.get(segment.seek)
            found += _recognized(segment, spoken)
            on_progress(segment.end)
        return Recognition(language=info.language, segments=tuple(found))


def _recognized(segment: Segment, language: str | None) -> Iterator[RecognizedSegment]:
    """Yield the segment without empty words. Whisper's words begin with their space."""
    spoken = [word for word in segment.words or () if word.word.strip()]
    has_spaces = any(word.word.startswith(" ") for word in spoken)
    words = tuple(
        Word(
            text=word.word.strip(),
            start_seconds=round(float(word.start), 3),
            end_seconds=round(float(word.end), 3),
            confidence=round(float(word.probability), 3),
            is_glued=not word.word.startswith(" ") and (number > 0 or not has_spaces),
        )
        for number, word in enumerate(spoken)
    )
    if words:
        yield RecognizedSegment(
            words=words,
            average_log_probability=round(float(segment.avg_logprob), 3),
            no_speech_probability=round(float(segment.no_speech_prob), 3),
            language=language,
        )
