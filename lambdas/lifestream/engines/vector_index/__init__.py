"""Store the passages of jobs as vectors, and find those nearest to the vector of a question."""

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
    """A passage that answers a search; `score` is the cosine similarity."""

    score: float
    job_id: str
    key: str
    start_seconds: float
    end_seconds: float
    speakers: tuple[str, ...]
    text: str


class SearchFilter(Frozen):
    """Which passages a search looks at: those of one speaker, of one video's key, of videos that
    came since then, or all."""

    speaker: str | None = None
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
