"""The names of speakers."""

from __future__ import annotations

from pydantic import Field

from lifestream.domain.base import Frozen

MAX_NAME_CHARACTERS = 80


class GivenName(Frozen):
    """Who a speaker is. `speaker`: `Speaker 1`, `SPEAKER_00`, or the name of now."""

    speaker: str = Field(min_length=1, max_length=100)
    name: str = Field(min_length=1, max_length=MAX_NAME_CHARACTERS)


class Naming(Frozen):
    """The names of a job's speakers after one was given.

    `is_remembered` is True if later recordings of the same voice will carry the name too.
    """

    names: dict[str, str]
    is_remembered: bool


class Person(Frozen):
    """A person with a name. `recordings`: in how many recordings their voice was named."""

    name: str
    recordings: int


class People(Frozen):
    """In the order of their names."""

    people: tuple[Person, ...]


class Forgotten(Frozen):
    """How many voiceprints were deleted."""

    voiceprints: int
