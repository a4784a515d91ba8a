"""The vendors' SDKs on a bad connection honour Retry-After and end with named errors."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from builders import MEETING, a_draft, a_job
from fakes import CUT, Answer, LocalEndpoint, api_error, chat_completion
from lifestream.domain.summary import SummaryOptions
from lifestream.engines.embedding.openai import OpenAIEmbedder
from lifestream.engines.openai import client as openai_client
from lifestream.engines.summarization.openai import OpenAISummarizer
from lifestream.engines.vector_index.pinecone import PineconeIndex
from lifestream.errors import ConfigurationError, TransientError
from lifestream.settings import SummarySettings
from pinecone_server import PineconeServer

GOOD = chat_completion(a_draft().model_dump_json())
TOLD_SECONDS = 0.3


@pytest.fixture
def openai() -> Iterator[LocalEndpoint]:
    endpoint = LocalEndpoint(lambda _path, _request: GOOD)
    with endpoint.running():
        yield endpoint


def summarize(endpoint: LocalEndpoint) -> str:
    settings = SummarySettings(openai_base_url=f"{endpoint.url}/v1")
    drafted = OpenAISummarizer(SecretStr("sk-canary"), settings).summarize(
        MEETING, SummaryOptions()
    )
    return drafted.draft.title


def one_after_the_other(*answers: Answer) -> Callable[[str, dict[str, Any]], Answer]:
    """Return the answers in order; the last one is repeated."""
    following = itertools.chain(answers, itertools.repeat(answers[-1]))
    return lambda _path, _request: next(following)


def test_openai_waits_as_long_as_retry_after_says(openai: LocalEndpoint) -> None:
    openai.refusal_headers = {"Retry-After": str(TOLD_SECONDS)}
    openai.answer = one_after_the_other(api_error(429), api_error(429), GOOD)
    started = time.monotonic()

    assert summarize(openai) == "Budget"

    assert time.monotonic() - started >= 2 * TOLD_SECONDS
    assert len(openai.requests) == 3


def test_openai_reports_a_lasting_rate_limit_as_transient(openai: LocalEndpoint) -> None:
    """The state machine continues to wait, which costs nothing."""
    openai.refusal_headers = {"Retry-After": "0.01"}
    openai.answer = one_after_the_other(api_error(429))

    with pytest.raises(TransientError, match="limiting the request rate"):
        summarize(openai)
    assert len(openai.requests) == 1 + openai_client.MAX_RETRIES


def test_a_quota_that_is_spent_is_permanent(openai: LocalEndpoint) -> None:
    openai.answer = one_after_the_other(api_error(429, "insufficient_quota"))

    with pytest.raises(ConfigurationError, match="no quota left"):
        summarize(openai)


def test_a_warm_process_connects_to_openai_once(openai: LocalEndpoint) -> None:
    for _ in range(3):
        summarize(openai)

    assert len(openai.requests) == 3
    assert len(openai.connections) == 1


def test_a_connection_lost_once_is_retried(openai: LocalEndpoint) -> None:
    openai.answer = one_after_the_other((CUT, {}), GOOD)

    assert summarize(openai) == "Budget"


def test_a_repeatedly_lost_connection_is_a_transient_error(openai: LocalEndpoint) -> None:
    openai.answer = one_after_the_other((CUT, {}))

    with pytest.raises(TransientError, match="cannot be reached"):
        summarize(openai)


def test_an_endpoint_that_never_answers_is_transient(
    openai: LocalEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openai_client, "TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr(openai_client, "MAX_RETRIES", 0)

    def slow(_path: str, _request: dict[str, Any]) -> Answer:
        time.sleep(0.5)
        return GOOD

    openai.answer = slow

    with pytest.raises(TransientError, match="APITimeoutError"):
        summarize(openai)


@pytest.mark.parametrize("status", [429, 500])
def test_embeddings_are_asked_for_again(openai: LocalEndpoint, status: int) -> None:
    vector = {"object": "embedding", "index": 0, "embedding": [0.0] * 1536}
    usage = {"prompt_tokens": 5, "total_tokens": 5}
    good = {"object": "list", "data": [vector], "model": "m", "usage": usage}
    openai.refusal_headers = {"Retry-After": "0.01"}
    openai.answer = one_after_the_other(api_error(status), (200, good))
    embedder = OpenAIEmbedder(
        SecretStr("sk"), model="text-embedding-3-small", base_url=f"{openai.url}/v1"
    )

    assert len(embedder.embed(["words"]).vectors) == 1


@pytest.fixture
def pinecone(monkeypatch: pytest.MonkeyPatch) -> Iterator[PineconeServer]:
    server = PineconeServer(dimension=4)
    monkeypatch.setenv("PINECONE_CONTROLLER_HOST", server.endpoint.url)
    with server.endpoint.running():
        yield server


def an_index() -> PineconeIndex:
    return PineconeIndex(
        SecretStr("pc-canary"), index="lifestream", region="us-east-1", dimension=4
    )


def test_pinecone_waits_as_long_as_retry_after_says(pinecone: PineconeServer) -> None:
    index = an_index()
    index.replace(a_job(), [], [])
    answer, refusals = pinecone.endpoint.answer, iter([api_error(429), api_error(429)])
    pinecone.endpoint.refusal_headers = {"Retry-After": str(TOLD_SECONDS)}
    pinecone.endpoint.answer = lambda path, request: next(refusals, None) or answer(path, request)
    started = time.monotonic()

    assert index.ids(a_job().job_id) == set()

    assert time.monotonic() - started >= 2 * TOLD_SECONDS


def test_pinecone_on_a_line_that_is_cut_is_transient(pinecone: PineconeServer) -> None:
    index = an_index()
    index.replace(a_job(), [], [])
    pinecone.endpoint.answer = one_after_the_other((CUT, {}))

    with pytest.raises(TransientError, match="Pinecone is unavailable"):
        index.ids(a_job().job_id)
