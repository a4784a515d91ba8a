"""Embed texts with OpenAI or a compatible endpoint."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import SecretStr

from lifestream.engines.embedding import Embedded, Vector
from lifestream.engines.openai.client import client, translated
from lifestream.engines.openai.cost_budget import CostBudget
from lifestream.errors import ConfigurationError

DIMENSIONS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072}
BATCH = 256


class OpenAIEmbedder:
    def __init__(self, key: SecretStr | None, *, model: str, base_url: str | None) -> None:
        if model not in DIMENSIONS:
            raise ConfigurationError(f"unknown EMBEDDING_MODEL {model!r}: {sorted(DIMENSIONS)}")
        self.name = f"openai/{model}"
        self.dimension = DIMENSIONS[model]
        self._model = model
        self._client = client(key, base_url)

    def embed(self, texts: Sequence[str]) -> Embedded:
        budget = CostBudget(self._model, max_dollars=None)
        vectors = [
            vector
            for start in range(0, len(texts), BATCH)
            for vector in self._embed_batch(budget, list(texts[start : start + BATCH]))
        ]
        return Embedded(vectors, budget.usage)

    def _embed_batch(self, budget: CostBudget, texts: list[str]) -> list[Vector]:
        with translated(ConfigurationError):
            answer = self._client.embeddings.create(model=self._model, input=texts)
        budget.record(answer.usage.prompt_tokens, 0)
        return [item.embedding for item in sorted(answer.data, key=lambda item: item.index)]
