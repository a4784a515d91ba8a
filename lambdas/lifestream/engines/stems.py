"""Stem the words of an English text that carry meaning, for the built-in answerer."""

from __future__ import annotations

from typing import Any

from lifestream.domain.ranking import FUNCTION_WORDS
from lifestream.domain.text import normalized
from lifestream.errors import ConfigurationError

EMPTY = frozenset(
    """after again all also been before being below between both during each few get give got here
    just last less least many may might more most much must next now only other ought over
    same said say says see seem shall still such take talk talked tell them told too under until up
    us very well were while whom within without yet""".split()  # noqa: SIM905  # as in `ranking`
)
"""Words that a question has about as often as its answer, besides function words."""


class Stems:
    """Raises ConfigurationError if its packages are not installed."""

    def __init__(self) -> None:
        try:
            import snowballstemmer
        except ImportError as error:
            raise ConfigurationError(
                "no answering engine: OPENAI_API_KEY is not set, "
                "and snowballstemmer is not installed"
            ) from error
        self._stemmer: Any = snowballstemmer.stemmer("english")
        self._empty = FUNCTION_WORDS | EMPTY

    def of(self, text: str) -> list[str]:
        """Return the stems in the order of the words."""
        words = [word for word in normalized(text).split() if word not in self._empty]
        return list(self._stemmer.stemWords(words))
