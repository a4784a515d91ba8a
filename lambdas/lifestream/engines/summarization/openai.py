"""OpenAI, or any endpoint that speaks its protocol: map-reduce with a strict schema.

Every segment is sent exactly once; the answer is parsed into SummaryDraft or refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pydantic import SecretStr, ValidationError

from lifestream.domain.summary import SummaryDraft
from lifestream.domain.transcript import Segment, Transcript
from lifestream.engines.openai_client import client, translated
from lifestream.errors import SummaryError

PROMPT_VERSION = "v1"
MAX_PART_CHARACTERS = 120_000  # about 30,000 tokens, far inside every current context window
MAX_ANSWER_TOKENS = 4_000


class OpenAISummarizer:
    def __init__(self, key: SecretStr | None, *, model: str, base_url: str | None) -> None:
        self.name = f"openai/{model}/prompt-{PROMPT_VERSION}"
        self._model = model
        self._client = client(key, base_url)

    def summarize(self, transcript: Transcript) -> SummaryDraft:
        drafts = [
            self._ask(prompt("system"), f"<transcript>\n{part}\n</transcript>")
            for part in parts_of(transcript)
        ]
        if len(drafts) == 1:
            return drafts[0]
        listed = "\n".join(draft.model_dump_json() for draft in drafts)
        return self._ask(prompt("combine"), f"<parts>\n{listed}\n</parts>")

    def _ask(self, instructions: str, data: str) -> SummaryDraft:
        import openai

        try:
            with translated(SummaryError):
                answer = self._client.chat.completions.parse(
                    model=self._model,
                    messages=[
                        {"role": "system", "content": instructions},
                        {"role": "user", "content": data},
                    ],
                    response_format=SummaryDraft,
                    max_completion_tokens=MAX_ANSWER_TOKENS,
                )
        except openai.LengthFinishReasonError as error:
            raise SummaryError("the model's answer was cut off at its length limit") from error
        except openai.ContentFilterFinishReasonError as error:
            raise SummaryError("the model's content filter refused the transcript") from error
        except (ValidationError, ValueError) as error:
            raise SummaryError("the model's answer does not fit the schema") from error
        message = answer.choices[0].message if answer.choices else None
        if message is None or message.parsed is None:
            raise SummaryError("the model refused to summarize or answered nothing")
        return message.parsed


def parts_of(transcript: Transcript) -> Iterator[str]:
    """The transcript in pieces that fit one request; a piece ends between two segments."""
    lines: list[str] = []
    size = 0
    for segment in transcript.segments:
        line = _line(segment)
        if lines and size + len(line) > MAX_PART_CHARACTERS:
            yield "\n".join(lines)
            lines, size = [], 0
        lines.append(line)
        size += len(line) + 1
    yield "\n".join(lines)


def _line(segment: Segment) -> str:
    """Angle brackets go, so that no text can close the data block it stands in."""
    text = segment.text.replace("<", "‹").replace(">", "›")  # noqa: RUF001  # look-alikes on purpose
    return f"[{segment.id}] ({segment.speaker or 'unknown'}) {text}"


@cache
def prompt(name: str) -> str:
    return (Path(__file__).parent / "prompts" / f"{name}.{PROMPT_VERSION}.txt").read_text()
