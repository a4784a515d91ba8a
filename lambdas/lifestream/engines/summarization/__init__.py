"""Draft a summary of a transcript; every claim names its segments and quotes them.

openai   OpenAI, or a compatible endpoint
lexrank  built in: the most central sentences
"""

from __future__ import annotations

from typing import Protocol

from lifestream.domain.parts import SwitchedOff
from lifestream.domain.summary import Drafted, SummaryOptions
from lifestream.domain.transcript import Transcript
from lifestream.errors import ConfigurationError
from lifestream.settings import ApiKeys, SummarySettings


class Summarizer(Protocol):
    @property
    def name(self) -> str:
        """Engine, model and prompt version: part of the step's fingerprint and the manifest."""

    def summarize(self, transcript: Transcript, options: SummaryOptions) -> Drafted:
        """Return the draft.

        Raises TransientError, ConfigurationError, SummaryError, UnsupportedOptionError.
        """


def load_summarizer(settings: SummarySettings, api_keys: ApiKeys) -> Summarizer | SwitchedOff:
    """Return the summarizer, or SwitchedOff if there is none.

    Raises ConfigurationError if the engine that the settings name cannot work here.
    """
    engine = settings.summarization_engine
    if engine == "off":
        return SwitchedOff(part="summary", reason="SUMMARIZATION_ENGINE is off")
    if engine == "openai" or (engine == "auto" and api_keys.openai_api_key):
        from lifestream.engines.summarization.openai import OpenAISummarizer

        return OpenAISummarizer(api_keys.openai_api_key, settings)
    from lifestream.engines.summarization.lexrank import LexRank

    try:
        return LexRank()
    except ConfigurationError:
        if engine != "auto":
            raise
        return SwitchedOff(part="summary", reason="OPENAI_API_KEY is not set")
