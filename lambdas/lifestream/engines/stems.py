"""Text in, the stems of its words that carry meaning out: for the built-in answerer, in English."""

from __future__ import annotations

from typing import Any

from lifestream.domain.summary import normalized
from lifestream.errors import ConfigurationError

EMPTY = frozenset({"did", "do", "does", "has", "have", "said", "say", "talk", "tell", "told", "us"})
"""Words that a question has about as often as its answer, beside scikit-learn's stop words."""


class Stems:
    """Raises ConfigurationError where its packages are not installed."""

    def __init__(self) -> None:
        try:
            import snowballstemmer
            from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
        except ImportError as error:
            raise ConfigurationError(
                "no answering engine: OPENAI_API_KEY is not set, "
                "and scikit-learn and snowballstemmer are not installed"
            ) from error
        self._stemmer: Any = snowballstemmer.stemmer("english")
        self._empty = ENGLISH_STOP_WORDS | EMPTY

    def of(self, text: str) -> list[str]:
        """In the order of the words."""
        words = [word for word in normalized(text).split() if word not in self._empty]
        return list(self._stemmer.stemWords(words))
