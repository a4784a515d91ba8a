"""Search the recordings, and answer questions with quotes from them."""

from __future__ import annotations

from typing import Annotated, Self

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import Field, StringConstraints

from lifestream.api.moments import Moment
from lifestream.client.library import Library
from lifestream.domain.answers import Answer
from lifestream.domain.base import Frozen
from lifestream.engines.vector_index import Hit
from lifestream.settings import ClientSettings, load

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]  # its constructor has no hints
MAX_HITS = 100
MAX_QUESTION_CHARACTERS = 1_000
Words = StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_QUESTION_CHARACTERS)
SpeakerName = Annotated[
    str | None, Query(max_length=100, description="Speaker 1, SPEAKER_00, or a name.")
]
Key = Annotated[str | None, Query(max_length=1_024, description="The `key` of one job.")]


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

    @classmethod
    def of(cls, hit: Hit) -> Self:
        return cls(**hit.model_dump(exclude={"names", "speakers"}), speakers=hit.names)


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

    question: Annotated[str, Words]
    speaker: str | None = Field(default=None, max_length=100)
    key: str | None = Field(default=None, max_length=1_024)
    since: Moment | None = None


@router.get("/v1/search", description="Find the passages in which something was said.")
def search(
    q: Annotated[str, Query(description="Words, or a question."), Words],
    limit: Annotated[int, Query(ge=1, le=MAX_HITS)] = 5,
    speaker: SpeakerName = None,
    key: Key = None,
    since: Annotated[Moment | None, Query(description="Uploaded since.")] = None,
) -> Passages:
    hits = _library().search(q, limit=limit, speaker=speaker, video=key, since=since)
    return Passages(passages=tuple(map(Passage.of, hits)))


@router.post("/v1/ask", description="Answer a question with quotes from the recordings.")
def ask(question: Question) -> Answer:
    return _library().ask(
        question.question,
        speaker=question.speaker,
        video=question.key,
        since=question.since,
    )


def _library() -> Library:
    return Library(load(ClientSettings))
