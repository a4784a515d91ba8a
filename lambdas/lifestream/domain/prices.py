"""List prices of model calls, in dollars per million tokens.

They are those of November 2026 in LiteLLM's price table
(https://github.com/BerriAI/litellm/blob/main/model_prices_and_context_window.json).
"""

from __future__ import annotations

from typing import NamedTuple

MILLION = 1e6


class Price(NamedTuple):
    input: float
    output: float = 0.0

    def of(self, input_tokens: int, output_tokens: int = 0) -> float:
        return (input_tokens * self.input + output_tokens * self.output) / MILLION


PRICES = {
    "gpt-4o-mini": Price(0.15, 0.60),
    "gpt-4.1-mini": Price(0.40, 1.60),
    "gpt-5-mini": Price(0.25, 2.00),
    "gpt-5-nano": Price(0.05, 0.40),
    "gpt-6-luna": Price(0.10, 0.50),
    "gpt-6.1-terra": Price(1.00, 5.00),
    "text-embedding-3-small": Price(0.02),
    "text-embedding-3-large": Price(0.13),
}
