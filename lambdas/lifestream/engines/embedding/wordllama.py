"""WordLlama: embed a text as the mean of learned vectors, one per token. Best for English.

It finds what was said in other words, in milliseconds and without a network. The weights are the
model's published files, read directly.

Source: https://github.com/dleemiller/WordLlama
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lifestream.engines.embedding import Embedded
from lifestream.engines.model_weights import verified
from lifestream.errors import ConfigurationError

MODEL = "wordllama-l2-supercat"
WEIGHTS, TOKENIZER = "l2_supercat_256.safetensors", "tokenizer_config.json"
TENSOR = "embedding.weight"


class WordLlama:
    """Raises ConfigurationError if its packages or its model are missing."""

    name = "wordllama/l2-supercat-256"
    dimension = 256

    def __init__(self, models_dir: Path) -> None:
        try:
            from safetensors.numpy import load_file
            from tokenizers import Tokenizer
        except ImportError as error:
            raise ConfigurationError(
                f"no embedding engine: OPENAI_API_KEY is not set, and {error.name} is not installed"
            ) from error
        folder = verified(models_dir / MODEL, WEIGHTS, TOKENIZER)
        self._rows = load_file(folder / WEIGHTS)[TENSOR]
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def embed(self, texts: Sequence[str]) -> Embedded:
        encoded = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return Embedded([self._mean(tokens.ids) for tokens in encoded])

    def _mean(self, ids: Sequence[int]) -> list[float]:
        """Return a vector of unit length, or zeros for a text without tokens."""
        total = self._rows[list(ids)].sum(axis=0, dtype=np.float32)
        vector: list[float] = (total / max(float(np.linalg.norm(total)), 1e-9)).tolist()
        return vector
