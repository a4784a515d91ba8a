"""Add up the cost of model calls, and stop before one that could exceed the cap."""

from __future__ import annotations

from lifestream.domain.prices import PRICES
from lifestream.domain.summary import Usage
from lifestream.errors import ConfigurationError, CostCapError


class CostBudget:
    """The budget of one piece of work.

    Raises ConfigurationError for a cap on a model whose price is not known.
    """

    def __init__(self, model: str, *, max_dollars: float | None) -> None:
        self._price = PRICES.get(model)
        self._max_dollars = max_dollars
        self._model = model
        self._calls = self._input_tokens = self._output_tokens = 0
        if max_dollars is not None and self._price is None:
            raise ConfigurationError(
                f"a dollar limit needs a price, but the price of {model} is unknown"
            )

    def check(self, input_tokens: int, output_tokens: int) -> None:
        """Raise CostCapError if a call of at most this size could exceed the cap."""
        if self._price is None or self._max_dollars is None:
            return
        spent = self._price.of(self._input_tokens, self._output_tokens)
        needed = spent + self._price.of(input_tokens, output_tokens)
        if needed > self._max_dollars:
            raise CostCapError(
                f"the summary would cost up to ${needed:.4f}; ${spent:.4f} are spent, "
                f"the cap is ${self._max_dollars:g}"
            )

    def record(self, input_tokens: int, output_tokens: int) -> None:
        self._calls += 1
        self._input_tokens += input_tokens
        self._output_tokens += output_tokens

    @property
    def usage(self) -> Usage:
        dollars = (
            round(self._price.of(self._input_tokens, self._output_tokens), 6)
            if self._price
            else None
        )
        return Usage(
            calls=self._calls,
            input_tokens=self._input_tokens,
            output_tokens=self._output_tokens,
            dollars=dollars,
        )
