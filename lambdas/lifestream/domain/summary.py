"""What a summary consists of, and the check that its quotes were really said."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from lifestream.domain.job import Frozen
from lifestream.domain.transcript import Segment, Transcript, text_of


class Statement(Frozen):
    """One claim about the recording, with where it was said and a short quote that proves it."""

    text: str = Field(max_length=1_000)
    segment_ids: tuple[int, ...]
    quote: str = Field(max_length=500)


class ActionItem(Statement):
    """`text` is what is to be done."""

    owner: str | None = Field(max_length=200)
    due: str | None = Field(max_length=200)


class SummaryDraft(Frozen):
    """What a summarization engine returns: strict, closed, and nothing in it is trusted yet."""

    title: str = Field(max_length=200)
    abstract: str = Field(max_length=4_000)
    key_points: tuple[Statement, ...]
    action_items: tuple[ActionItem, ...]
    topics: tuple[str, ...]


NOTHING_SAID = SummaryDraft(title="", abstract="", key_points=(), action_items=(), topics=())


class Summary(Frozen):
    """A checked draft: statements whose quote is not in the transcript are gone."""

    schema_version: Literal["1"] = "1"
    job_id: str
    engine: str
    title: str
    abstract: str
    key_points: tuple[Statement, ...]
    action_items: tuple[ActionItem, ...]
    topics: tuple[str, ...]
    statements: int
    verified_statements: int


def verified(draft: SummaryDraft, transcript: Transcript, *, engine: str) -> Summary:
    """Keep only what the transcript proves; count both."""
    segments = {segment.id: segment for segment in transcript.segments}
    key_points = tuple(s for s in draft.key_points if is_quoted(s, segments))
    action_items = tuple(s for s in draft.action_items if is_quoted(s, segments))
    return Summary(
        job_id=transcript.job_id,
        engine=engine,
        title=draft.title,
        abstract=draft.abstract,
        key_points=key_points,
        action_items=action_items,
        topics=draft.topics,
        statements=len(draft.key_points) + len(draft.action_items),
        verified_statements=len(key_points) + len(action_items),
    )


def is_quoted(statement: Statement, segments: Mapping[int, Segment]) -> bool:
    """True where the quote stands, word for word, in the segments that the statement names."""
    ids = sorted(set(statement.segment_ids) & segments.keys())
    said = text_of(segments[number] for number in ids)
    quote = normalized(statement.quote)
    return bool(quote) and f" {quote} " in f" {normalized(said)} "


def normalized(text: str) -> str:
    """Words only: case, accents' encoding, punctuation and white space do not count."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"\w+", folded))
