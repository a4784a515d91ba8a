"""The view model of the result pages: title, facts and sections in reading order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from lifestream.domain.file_types import other_content
from lifestream.domain.languages import language_name
from lifestream.domain.parts import MissingPart, SwitchedOff
from lifestream.domain.speech.speakers import display_names
from lifestream.domain.summary import CitedActionItem, CitedContribution, CitedStatement, Summary
from lifestream.domain.text import clock, normalized, one_line
from lifestream.domain.transcript import Transcript
from lifestream.rendering.gaps import Gap

SPEAKER_ID = re.compile(r"\bSPEAKER_\d+\b")
EXTRACT = "Built-in engine: automatic extract, not an AI summary."


@dataclass(frozen=True)
class Recording:
    """What a page shows of a recording. `transcript` holds only what may be shown."""

    file_name: str
    transcript: Transcript
    verdict: str
    summary: Summary | None = None
    missing: tuple[MissingPart, ...] = ()
    switched_off: tuple[SwitchedOff, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def title(self) -> str:
        """The title of the summary or, if that is only a list of words, the name of the file."""
        if self.summary is None or self.summary.is_extract:
            return self.file_name
        return with_names(self.summary.title, self.names) or self.file_name

    @property
    def abstract(self) -> str:
        return with_names(self.summary.abstract, self.names) if self.summary else ""

    @property
    def names(self) -> dict[str, str]:
        return display_names(self.transcript.speakers)

    @property
    def sections(self) -> list[Section]:
        return sections_of(self.summary, self.names) if self.summary else []

    @property
    def checked(self) -> str | None:
        """How many statements of the summary were found in the transcript."""
        summary = self.summary
        if summary is None or not summary.statements:
            return None
        if summary.is_extract:
            return f"{summary.verified_statements} quotes found."
        return f"{summary.verified_statements} of {summary.statements} statements verified."

    @property
    def banner(self) -> str | None:
        """A note for readers on how the summary was made."""
        return EXTRACT if self.summary and self.summary.is_extract else None

    @property
    def facts(self) -> tuple[str, ...]:
        speakers = len(self.transcript.speakers)
        source = self.transcript.source
        content = source.container and other_content(source.key, source.container)
        return (
            *([self.file_name] if one_line(self.title) != one_line(self.file_name) else []),
            clock(self.transcript.duration_seconds),
            f"{speakers} speaker{'' if speakers == 1 else 's'}",
            language_name(self.transcript.language),
            *([content] if content else []),
        )


class Kind(Enum):
    CHAPTERS = auto()
    STATEMENTS = auto()
    TASKS = auto()


class Entry(NamedTuple):
    """A verified statement with the quote that it rests on."""

    text: str
    start_seconds: float
    quote: str
    who: str | None = None
    due: str | None = None

    @property
    def is_literal(self) -> bool:
        """True if the statement is its own quote."""
        return normalized(self.text) == normalized(self.quote)


class Section(NamedTuple):
    title: str
    kind: Kind
    entries: tuple[Entry, ...]


def sections_of(summary: Summary, names: Mapping[str, str]) -> list[Section]:
    """Return the sections that have entries. `names`: speaker id → the name that people read."""
    listed: list[tuple[str, Kind, Iterable[CitedStatement]]] = [
        ("Chapters", Kind.CHAPTERS, summary.chapters),
        ("Key points", Kind.STATEMENTS, summary.key_points),
        ("Decisions", Kind.STATEMENTS, summary.decisions),
        ("Action items", Kind.TASKS, summary.action_items),
        ("Open questions", Kind.STATEMENTS, summary.questions),
        ("Who brought what", Kind.STATEMENTS, summary.contributions),
    ]
    sections = (
        Section(title, kind, tuple(_entry(statement, names) for statement in statements))
        for title, kind, statements in listed
    )
    return [section for section in sections if section.entries]


def _entry(statement: CitedStatement, names: Mapping[str, str]) -> Entry:
    who = due = None
    if isinstance(statement, CitedActionItem):
        who, due = statement.owner, statement.due
    elif isinstance(statement, CitedContribution):
        who = statement.speaker
    is_literal = normalized(statement.text) == normalized(statement.quote)
    return Entry(
        text=statement.text if is_literal else with_names(statement.text, names),
        start_seconds=statement.start_seconds,
        quote=statement.quote,
        who=names.get(who, who) if who else None,
        due=due,
    )


def with_names(text: str, names: Mapping[str, str]) -> str:
    """Return a model's text with display names instead of speaker ids."""
    return SPEAKER_ID.sub(lambda found: names.get(found[0], found[0]), text)
