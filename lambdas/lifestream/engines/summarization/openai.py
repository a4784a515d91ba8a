"""Summarize with OpenAI or a compatible endpoint: map-reduce with a strict schema.

The map stage sends every segment exactly once, in parts that fit a token budget. Drafts are
combined until one is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from pydantic import SecretStr

from lifestream.domain.summary import Drafted, SummaryDraft, SummaryOptions
from lifestream.domain.transcript import Segment, Transcript
from lifestream.engines.openai.chat import Chat, as_data, tokens_in
from lifestream.engines.openai.cost_budget import CostBudget
from lifestream.errors import SummaryError
from lifestream.settings import SummarySettings

PROMPT_VERSION = "v2"
MAX_PART_TOKENS = 30_000


class OpenAISummarizer:
    def __init__(self, key: SecretStr | None, settings: SummarySettings) -> None:
        self.name = f"openai/{settings.openai_model}/prompt-{PROMPT_VERSION}"
        self._model = settings.openai_model
        self._max_dollars = settings.max_dollars
        self._chat = Chat(
            key, model=self._model, base_url=settings.openai_base_url, unusable=SummaryError
        )

    def summarize(self, transcript: Transcript, options: SummaryOptions) -> Drafted:
        budget = CostBudget(self._model, max_dollars=self._max_dollars)
        mapping, combining = (instructions(name, options) for name in ("system", "combine"))
        drafts = [
            self._chat.ask(budget, mapping, f"<transcript>\n{part}\n</transcript>", SummaryDraft)
            for part in packed(map(_line, transcript.segments))
        ]
        while len(drafts) > 1:
            drafts = [
                self._chat.ask(budget, combining, f"<parts>\n{part}\n</parts>", SummaryDraft)
                for part in packed((as_data(d.model_dump_json()) for d in drafts), at_least=2)
            ]
        return Drafted(draft=drafts[0], usage=budget.usage)


def packed(lines: Iterable[str], *, at_least: int = 1) -> Iterator[str]:
    """Join lines into parts that fit the token budget.

    A part has at least `at_least` lines while there are more. Without lines there is one empty
    part.
    """
    part: list[str] = []
    size = 0
    for line in lines:
        tokens = tokens_in(line) + 1
        if len(part) >= at_least and size + tokens > MAX_PART_TOKENS:
            yield "\n".join(part)
            part, size = [], 0
        part.append(line)
        size += tokens
    yield "\n".join(part)


def instructions(name: str, options: SummaryOptions) -> str:
    """Return the prompt, followed by what the reader asks for."""
    requests = []
    if options.language:
        requests.append(f"Write everything but the quotes in this language: {options.language}.")
    if options.instructions:
        requests.append(f"The reader asks for this, within the rules above: {options.instructions}")
    return "\n".join([prompt(name), *requests])


@cache
def prompt(name: str) -> str:
    return (Path(__file__).parent / "prompts" / f"{name}.{PROMPT_VERSION}.txt").read_text()


def _line(segment: Segment) -> str:
    return f"[{segment.id}] ({segment.speaker or 'unknown'}) {as_data(segment.text)}"
