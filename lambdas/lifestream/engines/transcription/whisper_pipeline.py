"""faster-whisper's batched pipeline, extended to keep the language that it detects per clip."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from faster_whisper import BatchedInferencePipeline, WhisperModel


class WhisperPipeline(BatchedInferencePipeline):  # type: ignore[misc]  # it ships no types
    @classmethod
    def load(cls, model: Path, device: str, compute_type: str) -> Self:
        return cls(
            WhisperModel(
                str(model), device=device, compute_type=compute_type, local_files_only=True
            )
        )

    def __init__(self, model: WhisperModel) -> None:
        super().__init__(model)
        self.languages: dict[int, str] = {}
        """Spectrogram frame at which a clip begins (`Segment.seek`) → its language."""
        self._detected: list[str] = []

    @property
    def knows_english_only(self) -> bool:
        return not self.model.model.is_multilingual

    def forward(
        self, features: Any, tokenizer: Any, chunks_metadata: list[dict[str, Any]], options: Any
    ) -> Any:
        self._detected = []
        segments = super().forward(features, tokenizer, chunks_metadata, options)
        begins = [int(c["offset"] * self.model.frames_per_second) for c in chunks_metadata]
        self.languages = dict(zip(begins, self._detected, strict=False))
        return segments

    def generate_segment_batched(self, features: Any, tokenizer: Any, options: Any) -> Any:
        encoded, outputs = super().generate_segment_batched(features, tokenizer, options)
        if options.multilingual:
            found = self.model.model.detect_language(encoded)
            self._detected = [ranked[0][0].strip("<|>") for ranked in found]
        return encoded, outputs
