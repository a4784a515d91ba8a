"""Answer a question with sentences that quote the passages found for it.

openai      OpenAI, or a compatible endpoint
span_match  built in: quote the place that holds all the words of the question
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from lifestream.domain.answers import Answered
from lifestream.settings import ApiKeys, SummarySettings


class Answerer(Protocol):
    @property
    def name(self) -> str:
        """Engine, model and prompt version."""

    def answer(self, question: str, passages: Sequence[str]) -> Answered:
        """Return the answer, without sentences if the passages do not hold it.

        Raises TransientError, ConfigurationError, AnswerError.
        """


def load_answerer(settings: SummarySettings, api_keys: ApiKeys) -> Answerer:
    """Return the engine that the settings of the summaries name, since one engine writes both.

    Questions are answered even if no summaries are written.
    """
    engine = settings.summarization_engine
    if engine == "openai" or (engine in ("auto", "off") and api_keys.openai_api_key):
        from lifestream.engines.answering.openai import OpenAIAnswerer

        return OpenAIAnswerer(api_keys.openai_api_key, settings)
    from lifestream.engines.answering.span_match import SpanMatch

    return SpanMatch()
