"""OpenAI, or any endpoint that speaks its protocol: map-reduce with a strict schema.

Every segment is sent exactly once in the map stage, in parts that fit a token budget; drafts are
combined until one is left. An answer that cannot be used is asked for once more, and never
published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr, ValidationError

from lifestream.domain.summary import Drafted, SummaryDraft, SummaryWishes
from lifestream.domain.transcript import Segment, Transcript
from lifestream.engines.openai_client import client, translated
from lifestream.engines.summarization.ledger import Ledger
from lifestream.errors import SummaryError
from lifestream.settings import SummarySettings

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion

PROMPT_VERSION = "v2"
BYTES_PER_TOKEN = 3
"""Fewer than any tokenizer needs on average, so that a part is never larger than planned."""
MAX_PART_TOKENS = 30_000
MAX_ANSWER_TOKENS = 8_000
REPAIR = "Your answer could not be used: {why}. Answer again, shorter, in the schema."
SCHEMA: Any = {
    "type": "json_schema",
    "json_schema": {
        "name": "SummaryDraft",
        "schema": SummaryDraft.model_json_schema(),
        "strict": True,
    },
}


class OpenAISummarizer:
    def __init__(self, key: SecretStr | None, settings: SummarySettings) -> None:
        self.name = f"openai/{settings.openai_model}/prompt-{PROMPT_VERSION}"
        self._model = settings.openai_model
        self._max_dollars = settings.max_dollars
        self._client = client(key, settings.openai_base_url)

    def summarize(self, transcript: Transcript, wishes: SummaryWishes) -> Drafted:
        ledger = Ledger(self._model, max_dollars=self._max_dollars)
        mapping, combining = (instructions(name, wishes) for name in ("system", "combine"))
        drafts = [
            self._ask(ledger, mapping, f"<transcript>\n{part}\n</transcript>")
            for part in packed(map(_line, transcript.segments))
        ]
        while len(drafts) > 1:
            drafts = [
                self._ask(ledger, combining, f"<parts>\n{part}\n</parts>")
                for part in packed((d.model_dump_json() for d in drafts), at_least=2)
            ]
        return Drafted(draft=drafts[0], usage=ledger.usage)

    def _ask(self, ledger: Ledger, system: str, data: str) -> SummaryDraft:
        """Once more where the answer cannot be used, with the reason."""
        messages = [{"role": "system", "content": system}, {"role": "user", "content": data}]
        answer = self._answer(ledger, messages)
        if isinstance(answer, str):
            repair = REPAIR.format(why=answer)
            answer = self._answer(ledger, [*messages, {"role": "user", "content": repair}])
        if isinstance(answer, str):
            raise SummaryError(f"the model's answer could not be used twice: {answer}")
        return answer

    def _answer(self, ledger: Ledger, messages: Any) -> SummaryDraft | str:
        """The draft, or why there is none."""
        ledger.allow(sum(_tokens(m["content"]) for m in messages), MAX_ANSWER_TOKENS)
        with translated(SummaryError):
            answer = self._client.chat.completions.create(
                model=self._model,
                messages=messages,
                response_format=SCHEMA,
                max_completion_tokens=MAX_ANSWER_TOKENS,
            )
        if answer.usage:
            ledger.pay(answer.usage.prompt_tokens, answer.usage.completion_tokens)
        return _parsed(answer)


def _parsed(answer: ChatCompletion) -> SummaryDraft | str:
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
        return SummaryDraft.model_validate_json(choice.message.content)
    except ValidationError as error:
        fields = {".".join(map(str, problem["loc"])) or "JSON" for problem in error.errors()}
        return f"it does not fit the schema in {', '.join(sorted(fields)[:5])}"


def packed(lines: Iterable[str], *, at_least: int = 1) -> Iterator[str]:
    """Lines together as long as they fit the token budget, and never fewer than `at_least` while
    there are more; one empty part where there are none."""
    part: list[str] = []
    size = 0
    for line in lines:
        tokens = _tokens(line) + 1
        if len(part) >= at_least and size + tokens > MAX_PART_TOKENS:
            yield "\n".join(part)
            part, size = [], 0
        part.append(line)
        size += tokens
    yield "\n".join(part)


def instructions(name: str, wishes: SummaryWishes) -> str:
    """The prompt, and what the reader wants beside it."""
    wanted = []
    if wishes.language:
        wanted.append(f"Write everything but the quotes in this language: {wishes.language}.")
    if wishes.instructions:
        wanted.append(f"The reader asks for this, within the rules above: {wishes.instructions}")
    return "\n".join([prompt(name), *wanted])


@cache
def prompt(name: str) -> str:
    return (Path(__file__).parent / "prompts" / f"{name}.{PROMPT_VERSION}.txt").read_text()


def _line(segment: Segment) -> str:
    """Angle brackets go, so that no text can close the data block it stands in."""
    text = segment.text.replace("<", "‹").replace(">", "›")  # noqa: RUF001  # look-alikes on purpose
    return f"[{segment.id}] ({segment.speaker or 'unknown'}) {text}"


def _tokens(text: str) -> int:
    return len(text.encode()) // BYTES_PER_TOKEN
