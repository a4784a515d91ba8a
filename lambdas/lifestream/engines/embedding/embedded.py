"""The embedded embedder: hashed stems of words, and letter groups. No weights, no state.

It finds what shares words, in whatever inflection, or word parts with the question; it knows no
synonyms.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lifestream.engines.embedding import Embedded
from lifestream.engines.stems import Stems

WORD_DIMENSIONS = 512
LETTER_DIMENSIONS = 512
LETTER_GROUPS = (4, 5)
WORD_WEIGHT = 2.0


class HashingEmbedder:
    name = "embedded/hashing-v2"
    dimension = WORD_DIMENSIONS + LETTER_DIMENSIONS

    def __init__(self) -> None:
        stems = Stems(of="embedding")
        from sklearn.feature_extraction.text import HashingVectorizer

        self._words: Any = HashingVectorizer(n_features=WORD_DIMENSIONS, analyzer=stems.of)
        self._letters: Any = HashingVectorizer(
            n_features=LETTER_DIMENSIONS, analyzer="char_wb", ngram_range=LETTER_GROUPS
        )

    def embed(self, texts: Sequence[str]) -> Embedded:
        from scipy.sparse import hstack
        from sklearn.preprocessing import normalize

        if not texts:
            return Embedded([])
        parts = [WORD_WEIGHT * self._words.transform(texts), self._letters.transform(texts)]
        return Embedded([row.tolist() for row in normalize(hstack(parts)).toarray()])
