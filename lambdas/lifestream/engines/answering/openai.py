"""Answer questions from the given passages, with OpenAI or a compatible endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import SecretStr

from lifestream.domain.answers import AnswerDraft, Answered
from lifestream.engines.openai.chat import Chat, as_data
from lifestream.engines.openai.cost_budget import CostBudget
from lifestream.errors import AnswerError
from lifestream.settings import SummarySettings

PROMPT_VERSION = "v1"
PROMPT = Path(__file__).parent / "prompts" / f"answer.{PROMPT_VERSION}.txt"


class OpenAIAnswerer:
    def __init__(self, key: SecretStr | None, settings: SummarySettings) -> None:
        self.name = f"openai/{settings.openai_model}/answer-{PROMPT_VERSION}"
        self._model = settings.openai_model
        self._chat = Chat(
            key, model=self._model, base_url=settings.openai_base_url, unusable=AnswerError
        )

    def answer(self, question: str, passages: Sequence[str]) -> Answered:
        budget = CostBudget(self._model, max_dollars=None)
        listed = "\n".join(f"[{number}] {as_data(text)}" for number, text in enumerate(passages))
        data = f"<question>{as_data(question)}</question>\n<passages>\n{listed}\n</passages>"
        draft = self._chat.ask(budget, PROMPT.read_text(encoding="utf-8"), data, AnswerDraft)
        return Answered(draft=draft, usage=budget.usage)
