"""Store the passages of jobs as vectors, and find those nearest to the vector of a question.

pinecone  a serverless Pinecone index
s3        built in: one object per job in the bucket
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from lifestream.domain.base import Frozen
from lifestream.domain.chunks import Chunk
from lifestream.domain.job import ProcessingJob
from lifestream.engines.embedding import Embedder, Vector
from lifestream.errors import ConfigurationError
from lifestream.settings import ApiKeys, IndexSettings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Hit(Frozen):
    """A passage that answers a search; `score` is the cosine similarity.

    `names` are those that people read, in the order of `speakers`; an index leaves them empty.
    """

    score: float
    job_id: str
    key: str
    start_seconds: float
    end_seconds: float
    speakers: tuple[str, ...]
    text: str
    names: tuple[str, ...] = ()


class SearchFilter(Frozen):
    """Limits a search to some passages. Without any field, it covers all.

    speaker: those of one speaker. For `lifestream.client.library`, "SPEAKER_00", "Speaker 1" or
        a name; for an index, the stored id.
    speakers_by_job: those of these speakers of these jobs (job id → speaker ids).
    key: those of the video with this key.
    since: those of videos that were uploaded at or after this moment.
    """

    speaker: str | None = None
    speakers_by_job: dict[str, tuple[str, ...]] | None = None
    key: str | None = None
    since: datetime | None = None


NO_FILTER = SearchFilter()


class VectorIndex(Protocol):
    @property
    def name(self) -> str:
        """Engine and index, as the manifest shows it."""

    def replace(
        self, job: ProcessingJob, chunks: Sequence[Chunk], vectors: Sequence[Vector]
    ) -> None:
        """Make the index hold exactly these passages of the job. May be repeated."""

    def remove(self, job_id: str) -> None:
        """Remove all passages of the job from the index."""

    def ids(self, job_id: str) -> set[str]:
        """Return the ids of the passages of a job that the index holds."""

    def search(
        self, vector: Vector, *, limit: int, search_filter: SearchFilter = NO_FILTER
    ) -> list[Hit]:
        """Return hits, nearest first."""


class Passages(Protocol):
    """The passages of an index outside the bucket, which an erasure has to remove."""

    def ids(self, job_id: str) -> set[str]:
        """Return the ids of the passages of a job that the index holds."""

    def remove(self, job_id: str) -> None:
        """Remove all passages of the job from the index."""


def load_pinecone_passages(settings: IndexSettings, api_keys: ApiKeys) -> Passages | None:
    """Return the Pinecone index, or None if there is no key or no index. Nothing is created.

    It is searched even if VECTOR_INDEX names another engine now: it may hold older passages.
    """
    if api_keys.pinecone_api_key is None:
        return None
    from lifestream.engines.vector_index.pinecone import PineconeIndex

    facts = {"index": settings.pinecone_index_name, "region": settings.pinecone_environment}
    key, namespace = api_keys.pinecone_api_key, settings.pinecone_namespace
    dimension = PineconeIndex(key, **facts, dimension=1).existing_dimension()
    if dimension is None:
        return None
    return PineconeIndex(key, **facts, dimension=dimension, namespace=namespace)


def load_vector_index(
    settings: IndexSettings, api_keys: ApiKeys, embedder: Embedder, *, s3: S3Client, bucket: str
) -> VectorIndex:
    engine = settings.vector_index
    if engine == "pinecone" or (engine == "auto" and api_keys.pinecone_api_key):
        if api_keys.pinecone_api_key is None:
            raise ConfigurationError(
                "PINECONE_API_KEY is in neither the environment nor the secret"
            )
        from lifestream.engines.vector_index.pinecone import PineconeIndex

        return PineconeIndex(
            api_keys.pinecone_api_key,
            index=settings.pinecone_index_name,
            region=settings.pinecone_environment,
            dimension=embedder.dimension,
            namespace=settings.pinecone_namespace,
        )
    from lifestream.engines.vector_index.s3 import S3Index

    return S3Index(s3, bucket, embedder=embedder.name)
