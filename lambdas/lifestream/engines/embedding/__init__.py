"""Turn texts into vectors.

openai     OpenAI, or a compatible endpoint
wordllama  built in: the mean of learned token vectors
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple, Protocol

from lifestream.domain.parts import SwitchedOff
from lifestream.domain.summary import Usage
from lifestream.errors import ConfigurationError, ModelAlteredError
from lifestream.settings import ApiKeys, IndexSettings

Vector = list[float]


class Embedded(NamedTuple):
    """One vector of unit length per text, in order, and what they cost."""

    vectors: list[Vector]
    usage: Usage = Usage()


class Embedder(Protocol):
    @property
    def name(self) -> str:
        """Engine and model; vectors of different names must never share an index."""

    @property
    def dimension(self) -> int:
        """Numbers in each vector."""

    def embed(self, texts: Sequence[str]) -> Embedded:
        """Return the vectors. Raises TransientError, ConfigurationError."""


def load_embedder(settings: IndexSettings, api_keys: ApiKeys) -> Embedder | SwitchedOff:
    """Return the embedder, or SwitchedOff if there is none.

    Raises ConfigurationError if the engine that the settings name cannot work here.
    """
    engine = settings.embedding_engine
    if settings.vector_index == "off":
        return SwitchedOff(part="index", reason="VECTOR_INDEX is off")
    if engine == "openai" or (engine == "auto" and api_keys.openai_api_key):
        from lifestream.engines.embedding.openai import OpenAIEmbedder

        return OpenAIEmbedder(
            api_keys.openai_api_key,
            model=settings.embedding_model,
            base_url=settings.openai_base_url,
        )
    try:
        return _word_llama(settings.models_dir)
    except ConfigurationError as error:
        if engine != "auto" or isinstance(error, ModelAlteredError):
            raise
        return SwitchedOff(part="index", reason="OPENAI_API_KEY is not set")


@cache
def _word_llama(models_dir: Path) -> Embedder:
    """Load the vectors, 16 MB, once per process."""
    from lifestream.engines.embedding.wordllama import WordLlama

    return WordLlama(models_dir)
