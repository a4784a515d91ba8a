"""What a search finds, and what somebody asks."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from lifestream.domain.base import Frozen
from lifestream.rest.moments import Moment

MAX_HITS = 100
MAX_QUESTION_CHARACTERS = 1_000
Words = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_QUESTION_CHARACTERS),
    AfterValidator(str.strip),
    Field(min_length=1),
]
"""The limits are those of the description: of what is sent, blanks included."""


class Passage(Frozen):
    """What was said, where and by whom.

    Attributes:
        score: How near the passage is to the question: the cosine of their vectors, up to 1.
        speakers: The names of the speakers, or `Speaker 1` for those without a name.
    """

    job_id: str
    key: str
    start_seconds: float
    end_seconds: float
    speakers: tuple[str, ...]
    text: str
    score: float


class Passages(Frozen):
    """The best passage is the first one."""

    passages: tuple[Passage, ...]


class Question(Frozen):
    """What somebody wants to know, from all recordings or from some.

    Attributes:
        speaker: Only what this speaker said: `Speaker 1`, `SPEAKER_00`, or a name.
        key: Only this upload: the `key` of its job.
        since: Only what was uploaded at this moment or later.
    """

    question: Words
    speaker: str | None = Field(default=None, max_length=100)
    key: str | None = Field(default=None, max_length=1_024)
    since: Moment | None = None
