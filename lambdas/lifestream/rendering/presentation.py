"""The view model of the result pages: title, facts and sections in reading order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from lifestream.domain.file_types import other_content
from lifestream.domain.step_payloads import MissingPart, SwitchedOff
from lifestream.domain.summary import CitedActionItem, CitedContribution, CitedStatement, Summary
from lifestream.domain.text import clock, normalized
from lifestream.domain.transcript import Transcript


@dataclass(frozen=True)
class Recording:
    """What a page shows of a recording. `transcript` holds only what may be shown."""

    file_name: str
    transcript: Transcript
    verdict: str
    summary: Summary | None = None
    missing: tuple[MissingPart, ...] = ()
    switched_off: tuple[SwitchedOff, ...] = ()

    @property
    def title(self) -> str:
        return self.summary.title if self.summary and self.summary.title else self.file_name

    @property
    def facts(self) -> tuple[str, ...]:
        speakers = len(self.transcript.speakers)
        source = self.transcript.source
        content = source.container and other_content(source.key, source.container)
        return (
            self.file_name,
            clock(self.transcript.duration_seconds),
            f"{speakers} speaker{'' if speakers == 1 else 's'}",
            f"language {self.transcript.language}",
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
    return Entry(
        text=statement.text,
        start_seconds=statement.start_seconds,
        quote=statement.quote,
        who=names.get(who, who) if who else None,
        due=due,
    )
