"""`lifestream doctor` distinguishes a refused key, a missing key and a bad connection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import huggingface_hub.constants
import pytest

from conftest import Aws
from deployed_stage import keys_of, settings_of, stage_of
from fakes import CUT, Answer, LocalEndpoint, api_error
from lifestream.client.doctor.deployed import DeployedStage
from lifestream.client.doctor.findings import Check, Finding, Verdict, examine
from lifestream.client.doctor.vendors import check_vendors
from lifestream.settings import (
    ApiKeys,
    DoctorSettings,
    IndexSettings,
    SummarySettings,
)
from pinecone_server import PineconeServer

OK, NOTE, WARNING, FAILED = Verdict.OK, Verdict.NOTE, Verdict.WARNING, Verdict.FAILED


@pytest.fixture
def settings(aws: Aws) -> DoctorSettings:
    return settings_of(aws)


@pytest.fixture
def openai() -> Iterator[LocalEndpoint]:
    """https://platform.openai.com/docs/api-reference/models/list"""
    listed = {"object": "list", "data": [{"id": "gpt-4o-mini", "object": "model", "created": 1}]}
    endpoint = LocalEndpoint(lambda _path, _request: (200, listed))
    with endpoint.running():
        yield endpoint


def vendor_lines(stage: DeployedStage, keys: ApiKeys) -> dict[str, Finding]:
    stage.keys = keys
    return {finding.what: finding for finding in check_vendors(stage)}


def test_missing_keys_are_notes(settings: DoctorSettings) -> None:
    lines = vendor_lines(stage_of(settings), keys_of())

    assert {(f.verdict, f.detail) for f in lines.values()} == {
        (NOTE, "OPENAI_API_KEY is not set"),
        (NOTE, "PINECONE_API_KEY is not set"),
        (NOTE, "HUGGINGFACE_TOKEN is not set"),
    }


@pytest.mark.parametrize(
    ("answer", "verdict", "says"),
    [
        (None, OK, "accepted"),
        (api_error(401), FAILED, "OpenAI refuses the key (HTTP 401)"),
        (api_error(403), FAILED, "OpenAI refuses the key (HTTP 403)"),
        (api_error(429, "insufficient_quota"), FAILED, "no quota left"),
        (api_error(404), WARNING, "not tried: OpenAI refuses the request (HTTP 404)"),
        ((CUT, {}), WARNING, "not tried: OpenAI cannot be reached"),
    ],
)
def test_a_refused_openai_key_differs_from_a_bad_line(
    settings: DoctorSettings,
    openai: LocalEndpoint,
    answer: Answer | None,
    verdict: Verdict,
    says: str,
) -> None:
    if answer:
        openai.answer = lambda _path, _request: answer
    stage = stage_of(settings)
    stage.summary = SummarySettings(openai_base_url=f"{openai.url}/v1")

    finding = vendor_lines(stage, keys_of(OPENAI_API_KEY="sk-canary"))["OpenAI key"]

    assert (finding.verdict, says in finding.detail) == (verdict, True), finding
    assert "sk-canary" not in finding.model_dump_json()
    assert {path for path, _ in openai.requests} == {"/v1/models"}


@pytest.fixture
def pinecone(monkeypatch: pytest.MonkeyPatch) -> Iterator[PineconeServer]:
    server = PineconeServer(dimension=1536)
    monkeypatch.setenv("PINECONE_CONTROLLER_HOST", server.endpoint.url)
    with server.endpoint.running():
        yield server


PINECONE_KEYS = keys_of(PINECONE_API_KEY="pc-canary")


def test_an_index_that_is_not_there_yet_is_not_created(
    settings: DoctorSettings, pinecone: PineconeServer
) -> None:
    finding = vendor_lines(stage_of(settings), PINECONE_KEYS)["Pinecone key"]

    assert finding.verdict is OK
    assert "the first job creates the index 'lifestream' with 256 dimensions" in finding.detail
    assert pinecone.indexes == {}


@pytest.mark.parametrize(
    ("engine", "verdict", "says"),
    [
        ("openai", OK, "the index 'lifestream' has 1536 dimensions, like the embedder"),
        ("wordllama", FAILED, "'lifestream' has 1536 dimensions, but the embedder has 256"),
    ],
)
def test_the_index_has_to_fit_the_embedder(
    settings: DoctorSettings, pinecone: PineconeServer, engine: Any, verdict: Verdict, says: str
) -> None:
    pinecone.indexes["lifestream"] = pinecone._described("lifestream")
    stage = stage_of(settings)
    stage.index = IndexSettings(embedding_engine=engine)

    finding = vendor_lines(stage, PINECONE_KEYS)["Pinecone key"]

    assert (finding.verdict, says in finding.detail) == (verdict, True), finding


def test_an_unknown_embedding_model_is_named(settings: DoctorSettings) -> None:
    stage = stage_of(settings)
    stage.index = IndexSettings(embedding_engine="openai", embedding_model="huge")
    stage.keys = PINECONE_KEYS

    *_, finding = examine([Check("keys", lambda: check_vendors(stage))])

    assert (finding.verdict, finding.detail) == (FAILED, "unknown EMBEDDING_MODEL 'huge'")


@pytest.mark.parametrize(
    ("answer", "verdict", "says"),
    [
        ((401, {"error": {"code": "UNAUTHENTICATED"}}), FAILED, "Pinecone refuses the key"),
        ((500, {}), WARNING, "not tried: Pinecone is unavailable"),
    ],
)
def test_a_refused_pinecone_key_differs_from_a_vendor_that_is_down(
    settings: DoctorSettings,
    pinecone: PineconeServer,
    answer: Answer,
    verdict: Verdict,
    says: str,
) -> None:
    pinecone.fails = answer

    finding = vendor_lines(stage_of(settings), PINECONE_KEYS)["Pinecone key"]

    assert (finding.verdict, says in finding.detail) == (verdict, True), finding
    assert "pc-canary" not in finding.model_dump_json()


@pytest.mark.parametrize(
    ("answer", "verdict", "says"),
    [
        ((200, {"name": "ada", "type": "user"}), OK, "accepted"),
        ((401, {"error": "Invalid"}), FAILED, "Hugging Face rejects the token"),
        ((503, {}), WARNING, "not tried: Hugging Face answered HTTP 503"),
    ],
)
def test_the_hub_takes_the_token(
    settings: DoctorSettings,
    monkeypatch: pytest.MonkeyPatch,
    answer: Answer,
    verdict: Verdict,
    says: str,
) -> None:
    """https://huggingface.co/docs/hub/api: GET /api/whoami-v2."""
    endpoint = LocalEndpoint(lambda _path, _request: answer)
    with endpoint.running():
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", endpoint.url)
        keys = keys_of(HUGGINGFACE_TOKEN="hf_canary")  # noqa: S106  # a fake
        finding = vendor_lines(stage_of(settings), keys)["Hugging Face token"]

    assert (finding.verdict, says in finding.detail) == (verdict, True), finding
