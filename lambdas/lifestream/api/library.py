"""Search the recordings, and answer questions with quotes from them."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from lifestream.client.library import Library, passage_of
from lifestream.domain.answers import Answer
from lifestream.rest.library import MAX_HITS, Passages, Question, Words
from lifestream.rest.moments import Moment
from lifestream.settings import ClientSettings, load

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]  # its constructor has no hints
SpeakerName = Annotated[
    str | None, Query(max_length=100, description="Speaker 1, SPEAKER_00, or a name.")
]
Key = Annotated[str | None, Query(max_length=1_024, description="The `key` of one job.")]


@router.get("/v1/search", description="Find the passages in which something was said.")
def search(
    q: Annotated[Words, Query(description="Words, or a question.")],
    limit: Annotated[int, Query(ge=1, le=MAX_HITS)] = 5,
    speaker: SpeakerName = None,
    key: Key = None,
    since: Annotated[Moment | None, Query(description="Uploaded since.")] = None,
) -> Passages:
    hits = _library().search(q, limit=limit, speaker=speaker, video=key, since=since)
    return Passages(passages=tuple(map(passage_of, hits)))


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
