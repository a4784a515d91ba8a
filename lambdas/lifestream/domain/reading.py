"""Transcript and summary in, what a page shows of them out, in the order that people read it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from lifestream.domain.file_types import other_content
from lifestream.domain.payloads import MissingPart, SwitchedOff
from lifestream.domain.summary import (
    CitedActionItem,
    CitedContribution,
    CitedStatement,
    Summary,
    normalized,
)
from lifestream.domain.transcript import Transcript

NATIONS = "|".join(
    "".join(chr(0xE0000 + ord(letter)) for letter in flag) for flag in ("gbeng", "gbsct", "gbwls")
)
FLAG = f"\U0001f3f4(?:{NATIONS})\U000e007f"
"""England's, Scotland's and Wales': the only flags of tag characters that Unicode recommends.
Any other tag characters are text that models read and people do not see."""
CONTROL = r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufff9-\ufffb\U000e0000-\U000e007f"
DIRECTION = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
WITHOUT_A_SHAPE = r"\u2061-\u2065\u206a-\u206f\ufeff"
INVISIBLE = re.compile(f"({FLAG})|[{CONTROL}{DIRECTION}{WITHOUT_A_SHAPE}]")
"""Joiners and variation selectors are not among them: Arabic, Indic scripts and emoji need them."""
SELECTORS = re.compile(
    "([\ufe00-\ufe0f\U000e0100-\U000e01ef])[\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
)
"""A character has one variation selector at most; more of them can hide text."""


@dataclass(frozen=True)
class Recording:
    """What people may read of it: `transcript` without what is not to be shown to them."""

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
    """A statement that was checked, and the words that prove it."""

    text: str
    start_seconds: float
    quote: str
    who: str | None = None
    due: str | None = None

    @property
    def is_literal(self) -> bool:
        """The statement is its own quote."""
        return normalized(self.text) == normalized(self.quote)


class Section(NamedTuple):
    title: str
    kind: Kind
    entries: tuple[Entry, ...]


def sections_of(summary: Summary, names: Mapping[str, str]) -> list[Section]:
    """Those in which there is something. `names`: speaker id → the name that people read."""
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


def one_line(text: str) -> str:
    """Without line ends, control characters, marks that turn the direction of text, and text that
    nobody sees."""
    return " ".join(visible(text).split())


def visible(text: str) -> str:
    """As `one_line`, but with its line ends."""
    return SELECTORS.sub(r"\1", INVISIBLE.sub(r"\1", text))


def clock(seconds: float) -> str:
    minutes, whole_seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{whole_seconds:02}" if hours else f"{minutes}:{whole_seconds:02}"
