"""The models of a summary, as drafted by an engine and as verified against the transcript.

An engine may send the schema of SummaryDraft to a language model: the docstrings of the draft's
classes are part of its prompt.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lifestream.domain.base import Frozen

MAX_QUOTE_CHARACTERS = 500


class Statement(Frozen):
    """One claim about the recording, with where it was said and a short quote that proves it."""

    text: str = Field(max_length=1_000)
    segment_ids: tuple[int, ...]
    quote: str = Field(max_length=MAX_QUOTE_CHARACTERS)


class Chapter(Statement):
    """A chapter of the recording. `text` is its title; the quote is from its beginning."""


class ActionItem(Statement):
    """A task that somebody took on. `text` says what is to be done."""

    owner: str | None = Field(max_length=200)
    due: str | None = Field(max_length=200)


class Contribution(Statement):
    """What one speaker contributed, as `text`; the quote is theirs."""

    speaker: str = Field(max_length=100)


class SummaryDraft(Frozen):
    """What a summarization engine returns: strict, closed, and nothing in it is trusted yet."""

    title: str = Field(max_length=200)
    abstract: str = Field(max_length=4_000)
    chapters: tuple[Chapter, ...]
    key_points: tuple[Statement, ...]
    decisions: tuple[Statement, ...]
    action_items: tuple[ActionItem, ...]
    questions: tuple[Statement, ...]
    contributions: tuple[Contribution, ...]
    topics: tuple[str, ...]


NOTHING_SAID = SummaryDraft(
    title="",
    abstract="",
    chapters=(),
    key_points=(),
    decisions=(),
    action_items=(),
    questions=(),
    contributions=(),
    topics=(),
)


class SummaryOptions(Frozen):
    """What the reader asks for: another language, and what to look for."""

    language: str | None = None
    instructions: str | None = None


class Usage(Frozen):
    """Calls and tokens of a paid model. `dollars` is None if its price is not known."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    dollars: float | None = 0.0


NOTHING_PAID = Usage()


class Drafted(Frozen):
    draft: SummaryDraft
    usage: Usage = Usage()


class Cited(Frozen):
    """When the quote was said: from its first word to the end of its last."""

    start_seconds: float
    end_seconds: float


class CitedStatement(Statement, Cited):
    """A statement whose quote was found in the segments that it names."""


class CitedChapter(Chapter, CitedStatement):
    """A verified chapter. It lasts until the next one begins."""


class CitedActionItem(ActionItem, CitedStatement):
    """A verified action item."""


class CitedContribution(Contribution, CitedStatement):
    """A verified contribution, quoted from its speaker."""


class Summary(Frozen):
    """A verified draft: statements whose quote is not in the transcript are removed."""

    schema_version: Literal["1"] = "1"
    job_id: str
    engine: str
    title: str
    abstract: str
    chapters: tuple[CitedChapter, ...]
    key_points: tuple[CitedStatement, ...]
    decisions: tuple[CitedStatement, ...]
    action_items: tuple[CitedActionItem, ...]
    questions: tuple[CitedStatement, ...]
    contributions: tuple[CitedContribution, ...]
    topics: tuple[str, ...]
    statements: int
    verified_statements: int
    usage: Usage

    @property
    def is_extract(self) -> bool:
        """True if the built-in engine made it: each statement is its own quote, and the title is
        a list of words."""
        return self.engine.startswith("extractive/")
