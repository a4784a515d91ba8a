"""Ask OpenAI, or a compatible endpoint, for an object of a strict schema.

If an answer cannot be used, the model is asked once more, with the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, SecretStr, ValidationError

from lifestream.domain.text import one_line
from lifestream.engines.openai.client import client, translated
from lifestream.engines.openai.cost_budget import CostBudget
from lifestream.errors import PipelineError

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion

BYTES_PER_TOKEN = 3
"""Fewer than any tokenizer needs on average, so that a request is never larger than planned."""
MAX_ANSWER_TOKENS = 8_000
REPAIR = "Your answer could not be used: {why}. Answer again, shorter, in the schema."
Model = TypeVar("Model", bound=BaseModel)


class Chat:
    """A chat model that answers with objects of a schema.

    `unusable` is the error that is raised if the endpoint refuses the request, or if two answers
    cannot be used.
    """

    def __init__(
        self,
        key: SecretStr | None,
        *,
        model: str,
        base_url: str | None,
        unusable: type[PipelineError],
    ) -> None:
        self._client = client(key, base_url)
        self._model = model
        self._unusable = unusable

    def ask(self, budget: CostBudget, system: str, data: str, kind: type[Model]) -> Model:
        messages = [{"role": "system", "content": system}, {"role": "user", "content": data}]
        answer = self._answer(budget, messages, kind)
        if isinstance(answer, str):
            repair = REPAIR.format(why=answer)
            answer = self._answer(budget, [*messages, {"role": "user", "content": repair}], kind)
        if isinstance(answer, str):
            raise self._unusable(f"the model's answer could not be used twice: {answer}")
        return answer

    def _answer(self, budget: CostBudget, messages: Any, kind: type[Model]) -> Model | str:
        """Return the object, or the reason why the answer cannot be used."""
        budget.check(sum(tokens_in(m["content"]) for m in messages), MAX_ANSWER_TOKENS)
        with translated(self._unusable):
            answer = self._client.chat.completions.create(
                model=self._model,
                messages=messages,
                response_format=_strict(kind),
                max_completion_tokens=MAX_ANSWER_TOKENS,
            )
        if answer.usage:
            budget.record(answer.usage.prompt_tokens, answer.usage.completion_tokens)
        return _parsed(answer, kind)


def tokens_in(text: str) -> int:
    """Return an upper bound for the number of tokens that a model counts."""
    return len(text.encode()) // BYTES_PER_TOKEN


def as_data(text: str) -> str:
    """Return the text on one line, without angle brackets and invisible characters.

    So it cannot close its data block, add a line to it, or hide anything from people.
    """
    return one_line(text).replace("<", "‹").replace(">", "›")  # noqa: RUF001  # look-alikes on purpose


def _strict(kind: type[BaseModel]) -> Any:
    schema = {"name": kind.__name__, "schema": kind.model_json_schema(), "strict": True}
    return {"type": "json_schema", "json_schema": schema}


def _parsed(answer: ChatCompletion, kind: type[Model]) -> Model | str:
    choice = answer.choices[0] if answer.choices else None
    if choice is None:
        return "it was empty"
    if choice.finish_reason == "length":
        return "it was cut off at its length limit"
    if choice.finish_reason == "content_filter":
        return "the content filter refused the transcript"
    if choice.message.refusal or not choice.message.content:
        return "it was a refusal"
    try:
        return kind.model_validate_json(choice.message.content)
    except ValidationError as error:
        fields = {_field(kind, problem["loc"]) for problem in error.errors()}
        return f"it does not fit the schema in {', '.join(sorted(fields)[:5])}"


def _field(kind: type[BaseModel], place: tuple[int | str, ...]) -> str:
    """Return the field's name if it is in our schema: any other name is hostile model output."""
    name = str(place[0]) if place else "JSON"
    return name if name in kind.model_fields or not place else "a field that is not in it"
