"""Embedders and vector indexes: searches find what was indexed, and nothing stale."""

from __future__ import annotations

import shutil
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cachetools import LRUCache
from numpy.typing import NDArray
from pydantic import SecretStr

from builders import MEETING, SUBMITTED, a_job
from built_in_models import word_vectors
from cdk_app.local.model_weights import BUILT_IN
from conftest import BUCKET, Aws
from fakes import Answer, LocalEndpoint, api_error
from lifestream.domain.chunks import chunk_id, chunks_of
from lifestream.domain.parts import SwitchedOff
from lifestream.engines.embedding import load_embedder
from lifestream.engines.embedding.openai import OpenAIEmbedder
from lifestream.engines.embedding.wordllama import MODEL, TOKENIZER
from lifestream.engines.vector_index import SearchFilter, VectorIndex, load_pinecone_passages
from lifestream.engines.vector_index import s3 as s3_index
from lifestream.engines.vector_index.pinecone import PineconeIndex
from lifestream.engines.vector_index.s3 import S3Index
from lifestream.errors import (
    ConfigurationError,
    ModelAlteredError,
    ModelMissingError,
    TransientError,
)
from lifestream.settings import ApiKeys, IndexSettings
from pinecone_server import PineconeServer

CHUNKS = chunks_of(MEETING)


@cache
def vectors() -> list[list[float]]:
    return word_vectors().embed([chunk.text for chunk in CHUNKS]).vectors


def test_vectors_have_the_promised_dimension_and_unit_length() -> None:
    embedder = word_vectors()

    vectors = np.array(embedder.embed(["the release is late", "x", "budget"]).vectors)

    assert vectors.shape == (3, embedder.dimension)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert embedder.embed([]).vectors == []


@pytest.mark.parametrize(
    ("question", "nearest"),
    [("release dates", "the release is in november"), ("budgets", "the budget is high")],
)
def test_related_words_are_nearest(question: str, nearest: str) -> None:
    texts = ["the release is in november", "the budget is high", "we meet on monday"]
    embedder = word_vectors()

    similarity = np.array(embedder.embed(texts).vectors) @ embedder.embed([question]).vectors[0]

    assert texts[int(similarity.argmax())] == nearest


def settings_for(engine: str, models: Path) -> IndexSettings:
    return IndexSettings.model_validate({"EMBEDDING_ENGINE": engine, "MODELS_DIR": models})


def test_without_a_key_and_without_weights_the_index_is_switched_off(tmp_path: Path) -> None:
    off = load_embedder(settings_for("auto", tmp_path), ApiKeys())

    assert off == SwitchedOff(part="index", reason="OPENAI_API_KEY is not set")
    with pytest.raises(ModelMissingError, match=r"safetensors is missing"):
        load_embedder(settings_for("wordllama", tmp_path), ApiKeys())


def test_altered_weights_switch_nothing_off(tmp_path: Path) -> None:
    shutil.copytree(BUILT_IN / MODEL, tmp_path / MODEL, copy_function=shutil.copyfile)
    (tmp_path / MODEL / TOKENIZER).write_text("{}")

    with pytest.raises(ModelAlteredError, match=TOKENIZER):
        load_embedder(settings_for("auto", tmp_path), ApiKeys())


def test_weights_are_read_once_per_process(tmp_path: Path) -> None:
    shutil.copytree(BUILT_IN / MODEL, tmp_path / MODEL, copy_function=shutil.copyfile)
    settings = settings_for("wordllama", tmp_path)
    first = load_embedder(settings, ApiKeys())
    shutil.rmtree(tmp_path / MODEL)

    assert load_embedder(settings, ApiKeys()) is first


def embedding_answer(_path: str, request: dict[str, Any]) -> Answer:
    """Answer as OpenAI does to its own client, which asks for base64."""
    assert request["encoding_format"] == "base64"
    data = [
        {"object": "embedding", "index": i, "embedding": b64encode(vector.tobytes()).decode()}
        for i, vector in enumerate(map(_vector_of, request["input"]))
    ]
    usage = {"prompt_tokens": 1_000_000, "total_tokens": 1_000_000}
    return 200, {"object": "list", "data": data[::-1], "model": "m", "usage": usage}


def _vector_of(text: str) -> NDArray[np.float32]:
    vector = np.zeros(1536, dtype="<f4")
    vector[0] = len(text)
    return vector


def test_openai_embeds_in_batches_and_keeps_the_order() -> None:
    texts = ["x" * n for n in range(1, 601)]
    endpoint = LocalEndpoint(embedding_answer)
    with endpoint.running():
        embedder = OpenAIEmbedder(
            SecretStr("sk"), model="text-embedding-3-small", base_url=f"{endpoint.url}/v1"
        )

        vectors, usage = embedder.embed(texts)

    assert [vector[0] for vector in vectors] == [float(n) for n in range(1, 601)]
    assert len(endpoint.requests) == 3
    assert (usage.calls, usage.input_tokens) == (3, 3_000_000)
    assert usage.dollars == pytest.approx(0.06)
    assert len(vectors[0]) == embedder.dimension


def test_an_embedding_model_without_known_dimension_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="EMBEDDING_MODEL"):
        OpenAIEmbedder(SecretStr("sk"), model="parrot-1", base_url=None)


@pytest.fixture
def pinecone(monkeypatch: pytest.MonkeyPatch) -> Iterator[PineconeServer]:
    server = PineconeServer(dimension=len(vectors()[0]))
    monkeypatch.setenv("PINECONE_CONTROLLER_HOST", server.endpoint.url)
    with server.endpoint.running():
        yield server


@pytest.fixture(params=["s3", "pinecone"])
def index(request: pytest.FixtureRequest, aws: Aws) -> VectorIndex:
    if request.param == "s3":
        return S3Index(aws.s3, BUCKET, embedder="wordllama/l2-supercat-256")
    request.getfixturevalue("pinecone")
    return a_pinecone_index()


def a_pinecone_index(namespace: str = "") -> PineconeIndex:
    return PineconeIndex(
        SecretStr("pc-canary"),
        index="lifestream",
        region="us-east-1",
        dimension=len(vectors()[0]),
        namespace=namespace,
    )


def test_indexed_passages_are_found_with_their_times(index: VectorIndex) -> None:
    job = a_job()

    index.replace(job, CHUNKS, vectors())

    [question] = word_vectors().embed(["who sends the plan for the search"]).vectors
    [hit] = index.search(question, limit=1)
    assert "send the plan" in hit.text
    assert (hit.job_id, hit.key) == (job.job_id, job.key)
    assert hit.start_seconds < hit.end_seconds
    assert "SPEAKER_01" in hit.speakers


def test_a_search_can_be_narrowed_to_a_speaker_and_a_video(index: VectorIndex) -> None:
    ours, other = a_job(), a_job(key="uploads/other.mp4")
    index.replace(ours, CHUNKS, vectors())
    index.replace(other, CHUNKS, vectors())

    of_video = index.search(vectors()[0], limit=9, search_filter=SearchFilter(key=other.key))
    of_speaker = index.search(
        vectors()[0], limit=9, search_filter=SearchFilter(speaker="SPEAKER_01")
    )
    of_nobody = index.search(
        vectors()[0], limit=9, search_filter=SearchFilter(speaker="SPEAKER_07")
    )
    since_then, since_later = (
        index.search(
            vectors()[0],
            limit=99,
            search_filter=SearchFilter(since=SUBMITTED + timedelta(seconds=later)),
        )
        for later in (0, 1)
    )

    assert {hit.key for hit in of_video} == {other.key}
    assert len(of_video) == len(CHUNKS)
    assert all("SPEAKER_01" in hit.speakers for hit in of_speaker)
    assert of_nobody == []
    assert other.key in {hit.key for hit in since_then}
    assert since_later == []


def test_an_object_of_the_index_is_read_once_until_it_changes(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = S3Index(aws.s3, BUCKET, embedder="once")
    read: list[str] = []
    fetch = index._get

    def remembered(key: str) -> bytes | None:
        read.append(key)
        return fetch(key)

    monkeypatch.setattr(index, "_get", remembered)
    job = a_job(key="uploads/once.mp4")
    index.replace(job, CHUNKS, vectors())

    first, again = (index.search(vectors()[0], limit=9) for _ in "12")
    assert (first, len(read)) == (again, 1)
    index.replace(job, CHUNKS[:1], vectors()[:1])
    assert [hit.text for hit in index.search(vectors()[0], limit=9)] == [CHUNKS[0].text]
    assert len(read) == 2
    index.remove(job.job_id)
    assert index.search(vectors()[0], limit=9) == []


def test_an_index_larger_than_the_memory_is_searched_too(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    small: LRUCache[Any, Any] = LRUCache(1, getsizeof=lambda passages: passages.bytes)
    monkeypatch.setattr(s3_index, "_remembered", small)
    monkeypatch.setattr(s3_index, "MAX_REMEMBERED_BYTES", 1)
    index = S3Index(aws.s3, BUCKET, embedder="large")
    for number in range(2 * s3_index.PARALLEL_READS + 1):
        job = a_job(key=f"uploads/{number}.mp4")
        index.replace(job, CHUNKS[:1], vectors()[:1])

    assert len(index.search(vectors()[0], limit=99)) == 2 * s3_index.PARALLEL_READS + 1
    assert not small


def test_a_search_can_be_narrowed_to_speakers_of_each_job(index: VectorIndex) -> None:
    ours, other, third = a_job(), a_job(key="uploads/b.mp4"), a_job(key="uploads/c.mp4")
    for job in (ours, other, third):
        chunks = chunks_of(MEETING.model_copy(update={"job_id": job.job_id}))
        index.replace(job, chunks, vectors())

    by_job = {ours.job_id: ("SPEAKER_01",), other.job_id: ("SPEAKER_00",), "0" * 32: ("S",)}
    found = index.search(vectors()[0], limit=99, search_filter=SearchFilter(speakers_by_job=by_job))
    of_nobody = index.search(vectors()[0], limit=9, search_filter=SearchFilter(speakers_by_job={}))

    assert {hit.key for hit in found} == {ours.key, other.key}
    assert all(set(by_job[hit.job_id]) <= set(hit.speakers) for hit in found)
    assert of_nobody == []


def test_two_stages_may_share_an_index_of_pinecone(pinecone: PineconeServer) -> None:
    dev, prod = a_pinecone_index(namespace="dev"), a_pinecone_index(namespace="prod")
    dev.replace(a_job(), CHUNKS, vectors())
    prod.replace(a_job(), CHUNKS[:1], vectors()[:1])

    dev.remove(a_job().job_id)

    assert dev.search(vectors()[0], limit=9) == []
    assert prod.ids(a_job().job_id) == {CHUNKS[0].id}
    assert [hit.text for hit in prod.search(vectors()[0], limit=9)] == [CHUNKS[0].text]
    [vector] = pinecone.vectors.values()
    assert vector["metadata"]["etag"] == a_job().etag


def test_an_index_of_another_dimension_is_refused_before_anything_is_written(
    pinecone: PineconeServer,
) -> None:
    a_pinecone_index().replace(a_job(), [], [])
    index = PineconeIndex(SecretStr("pc"), index="lifestream", region="us-east-1", dimension=7)

    with pytest.raises(ConfigurationError, match="has 256 dimensions, but the embedder has 7"):
        index.replace(a_job(), CHUNKS, vectors())
    assert pinecone.vectors == {}


def test_indexing_twice_leaves_one_set(index: VectorIndex) -> None:
    for _ in range(2):
        index.replace(a_job(), CHUNKS, vectors())

    assert index.ids(a_job().job_id) == {chunk.id for chunk in CHUNKS}


def test_fewer_passages_leave_no_stale_tail(index: VectorIndex) -> None:
    other = a_job(version="v2")
    index.replace(a_job(), CHUNKS, vectors())
    index.replace(other, CHUNKS, vectors())

    index.replace(a_job(), CHUNKS[:1], vectors()[:1])

    assert index.ids(a_job().job_id) == {CHUNKS[0].id}


def test_removed_passages_are_not_found(index: VectorIndex) -> None:
    index.replace(a_job(), CHUNKS, vectors())

    for _ in range(2):
        index.remove(a_job().job_id)

    assert index.ids(a_job().job_id) == set()


@pytest.mark.fault("F6", by="the second of three batches fails", so="repeated with the same ids")
def test_a_batch_that_failed_is_sent_again_with_the_same_ids(pinecone: PineconeServer) -> None:
    chunks = [CHUNKS[0].model_copy(update={"id": f"{a_job().job_id}#{n:05}"}) for n in range(250)]
    index = a_pinecone_index()
    pinecone.accepts = 100
    with pytest.raises(ConfigurationError):
        index.replace(a_job(), chunks, vectors()[:1] * 250)
    assert len(index.ids(a_job().job_id)) == 100

    pinecone.accepts = 10_000
    index.replace(a_job(), chunks, vectors()[:1] * 250)

    assert index.ids(a_job().job_id) == {chunk.id for chunk in chunks}


@pytest.mark.fault("F7", by="a listing without the latest writes", so="no error, no duplicate")
def test_an_index_that_shows_writes_late_is_not_an_error(pinecone: PineconeServer) -> None:
    index = a_pinecone_index()
    pinecone.is_late = True
    for _ in range(2):
        index.replace(a_job(), CHUNKS, vectors())
    assert index.ids(a_job().job_id) == set()

    pinecone.is_late = False

    assert index.ids(a_job().job_id) == {chunk.id for chunk in CHUNKS}


@pytest.mark.fault("F9", by="a passage of 200 KB", so="its metadata stays below 40 KB")
def test_a_huge_passage_fits_the_metadata(pinecone: PineconeServer) -> None:
    huge = CHUNKS[0].model_copy(update={"text": "ü" * 100_000})

    a_pinecone_index().replace(a_job(), [huge], vectors()[:1])

    [vector] = pinecone.vectors.values()
    assert len(str(vector["metadata"]).encode()) < 40_000


def test_silence_is_indexed_as_nothing(index: VectorIndex) -> None:
    index.replace(a_job(), [], [])

    assert index.ids(a_job().job_id) == set()
    assert index.search(vectors()[0], limit=3) == []


@pytest.mark.fault("F9", by="HTTP 400 from Pinecone", so="ConfigurationError")
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (api_error(429), TransientError),
        (api_error(500), TransientError),
        (api_error(401), ConfigurationError),
        (api_error(403), ConfigurationError),
        (api_error(400), ConfigurationError),
    ],
)
def test_every_refusal_of_pinecone_has_its_own_error(
    pinecone: PineconeServer, answer: Answer, error: type[Exception]
) -> None:
    index = a_pinecone_index()
    index.replace(a_job(), [], [])
    pinecone.fails = answer

    with pytest.raises(error) as raised:
        index.ids(a_job().job_id)

    assert "canary" not in str(raised.value)


def test_an_erasure_removes_the_passages_of_a_job_from_pinecone(pinecone: PineconeServer) -> None:
    index, erased, other = a_pinecone_index(), a_job(), a_job(key="uploads/other.mp4")
    for job in (erased, other):
        chunks = [one.model_copy(update={"id": chunk_id(job.job_id, one.number)}) for one in CHUNKS]
        index.replace(job, chunks, vectors())
    keys = ApiKeys(pinecone_api_key=SecretStr("pc-canary"))

    passages = load_pinecone_passages(IndexSettings(vector_index="s3"), keys)

    assert passages is not None
    assert len(passages.ids(erased.job_id)) == len(CHUNKS)
    passages.remove(erased.job_id)
    assert erased.job_id not in str(pinecone.vectors)
    assert other.job_id in str(pinecone.vectors)
    assert load_pinecone_passages(IndexSettings(), ApiKeys()) is None
