"""Pinecone: a serverless index, created on first use, with derived ids.

Source: https://docs.pinecone.io/reference/python-sdk
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from pydantic import SecretStr

from lifestream.domain.chunks import Chunk
from lifestream.domain.job import ProcessingJob
from lifestream.engines.embedding import Vector
from lifestream.engines.vector_index import NO_FILTER, Hit, SearchFilter
from lifestream.errors import ConfigurationError, KeyRefusedError, TransientError

UPSERT_BATCH = 100
DELETE_BATCH = 1_000
MAX_TEXT_BYTES = 30_000  # of the 40 KB that a vector's metadata may have


class PineconeIndex:
    def __init__(
        self, key: SecretStr, *, index: str, region: str, dimension: int, namespace: str = ""
    ) -> None:
        self.name = f"pinecone/{index}"
        self._key = key
        self._index_name = index
        self._region = region
        self._dimension = dimension
        self._namespace = namespace

    def replace(
        self, job: ProcessingJob, chunks: Sequence[Chunk], vectors: Sequence[Vector]
    ) -> None:
        records = [
            {"id": chunk.id, "values": vector, "metadata": _metadata(job, chunk)}
            for chunk, vector in zip(chunks, vectors, strict=True)
        ]
        stale = self.ids(job.job_id) - {chunk.id for chunk in chunks}
        with _translated():
            for start in range(0, len(records), UPSERT_BATCH):
                self._index.upsert(
                    vectors=records[start : start + UPSERT_BATCH],
                    namespace=self._namespace,
                    show_progress=False,
                )
        self._delete(stale)

    def remove(self, job_id: str) -> None:
        self._delete(self.ids(job_id))

    def ids(self, job_id: str) -> set[str]:
        with _translated():
            pages = self._index.list(prefix=f"{job_id}#", namespace=self._namespace)
            return {vector.id for page in pages for vector in page.vectors if vector.id}

    def search(
        self, vector: Vector, *, limit: int, search_filter: SearchFilter = NO_FILTER
    ) -> list[Hit]:
        with _translated():
            answer = self._index.query(
                vector=vector,
                top_k=limit,
                include_metadata=True,
                filter=_filter(search_filter),
                namespace=self._namespace,
            )
        return [_hit(match.score, dict(match.metadata or {})) for match in answer.matches]

    def existing_dimension(self) -> int | None:
        """Return the dimension of the index, or None if there is no such index. Nothing is created.

        An index that does not report its dimension counts as fitting. Raises KeyRefusedError,
        TransientError, ConfigurationError.
        """
        from pinecone import Pinecone

        client = Pinecone(api_key=self._key.get_secret_value())
        with _translated():
            if not client.has_index(self._index_name):
                return None
            described = client.describe_index(self._index_name)
            return getattr(described, "dimension", None) or self._dimension

    def _delete(self, ids: set[str]) -> None:
        ordered = sorted(ids)
        with _translated():
            for start in range(0, len(ordered), DELETE_BATCH):
                self._index.delete(
                    ids=ordered[start : start + DELETE_BATCH], namespace=self._namespace
                )

    @cached_property
    def _index(self) -> Any:  # the SDK's clients are generated at run time
        from pinecone import Pinecone, ServerlessSpec

        client = Pinecone(api_key=self._key.get_secret_value())
        if not client.has_index(self._index_name):
            client.create_index(
                name=self._index_name,
                dimension=self._dimension,
                metric="cosine",
                spec=ServerlessSpec(cloud="aws", region=self._region),
            )
        described = client.describe_index(self._index_name)
        dimension = getattr(described, "dimension", None)  # missing if there are many fields
        if dimension not in (None, self._dimension):
            raise ConfigurationError(
                f"the index {self._index_name!r} has {dimension} dimensions, but the embedder has "
                f"{self._dimension}: set PINECONE_INDEX_NAME to another index"
            )
        return client.index(self._index_name)


def _filter(search_filter: SearchFilter) -> dict[str, Any] | None:
    wanted: dict[str, Any] = {}
    if search_filter.speaker:
        wanted["speakers"] = {"$in": [search_filter.speaker]}
    if search_filter.speakers_by_job is not None:
        wanted["$or"] = _speakers_by_job(search_filter.speakers_by_job)
    if search_filter.key:
        wanted["key"] = {"$eq": search_filter.key}
    if search_filter.since:
        wanted["submitted_at"] = {"$gte": search_filter.since.timestamp()}
    return wanted or None


def _speakers_by_job(by_job: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """One condition per speaker id: a library has thousands of jobs and few ids."""
    jobs: dict[str, list[str]] = {}
    for job_id, speakers in by_job.items():
        for speaker in speakers:
            jobs.setdefault(speaker, []).append(job_id)
    return [
        {"$and": [{"speakers": {"$in": [speaker]}}, {"job_id": {"$in": job_ids}}]}
        for speaker, job_ids in jobs.items()
    ]


def _hit(score: float, metadata: dict[str, Any]) -> Hit:
    known = {name: metadata[name] for name in Hit.model_fields if name in metadata}
    return Hit(score=round(score, 4), **known)


def _metadata(job: ProcessingJob, chunk: Chunk) -> dict[str, Any]:
    return {
        "job_id": job.job_id,
        "key": job.key,
        "etag": job.etag or "",
        "submitted_at": job.submitted_at.timestamp(),
        "start_seconds": chunk.start_seconds,
        "end_seconds": chunk.end_seconds,
        "speakers": list(chunk.speakers),
        "text": chunk.text.encode()[:MAX_TEXT_BYTES].decode(errors="ignore"),
    }


@contextmanager
def _translated() -> Iterator[None]:
    from pinecone.errors import (
        ForbiddenError,
        PineconeConnectionError,
        PineconeError,
        PineconeTimeoutError,
        RateLimitError,
        ServiceError,
        UnauthorizedError,
    )

    try:
        yield
    except (RateLimitError, ServiceError, PineconeConnectionError, PineconeTimeoutError) as error:
        raise TransientError(f"Pinecone is unavailable: {type(error).__name__}") from error
    except (UnauthorizedError, ForbiddenError):
        raise KeyRefusedError("Pinecone refuses the key") from None
    except PineconeError as error:
        raise ConfigurationError(f"Pinecone refuses the request: {type(error).__name__}") from error
