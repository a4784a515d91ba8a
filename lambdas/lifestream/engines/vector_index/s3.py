"""The built-in index: one object per job in the bucket, compared one by one.

It costs nothing when idle, and replacing a job is one atomic write. A process remembers what it
has read, so that a second search only lists the bucket. It is meant for some thousand hours;
use Pinecone beyond that.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from heapq import nlargest
from itertools import islice
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from lifestream.aws.objects import objects_below, read_if_present
from lifestream.domain.base import Frozen
from lifestream.domain.bucket_layout import INDEX
from lifestream.domain.chunks import Chunk
from lifestream.domain.job import ProcessingJob
from lifestream.engines.embedding import Vector
from lifestream.engines.vector_index import NO_FILTER, Hit, SearchFilter

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PARALLEL_READS = 16
MAX_REMEMBERED_BYTES = 400_000_000
"""Of all passages that a process keeps: about 1,600 hours."""
BYTES_OF_A_CHUNK = 1_500
"""In memory, beside its text and its vector."""


class IndexedJob(Frozen):
    """The stored passages of a job, with their vectors.

    `vectors`: base64 of little-endian float32, (chunks, dimension), row by row. `submitted_at` is
    None in objects of version 0.1.0.
    """

    schema_version: Literal["1"] = "1"
    job_id: str
    key: str
    submitted_at: datetime | None = None
    chunks: tuple[Chunk, ...]
    vectors: str

    def matrix(self) -> NDArray[np.float32]:
        flat = np.frombuffer(base64.b64decode(self.vectors), dtype="<f4")
        return flat.reshape(len(self.chunks), -1) if self.chunks else flat.reshape(0, 0)


class Passages(NamedTuple):
    """The passages of one job, ready to be compared. `vectors`: (chunks, dimension)."""

    job_id: str
    key: str
    submitted_at: datetime | None
    chunks: tuple[Chunk, ...]
    vectors: NDArray[np.float32]

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        job = IndexedJob.model_validate_json(body)
        return cls(job.job_id, job.key, job.submitted_at, job.chunks, job.matrix())

    @property
    def bytes(self) -> int:
        texts = sum(len(chunk.text) for chunk in self.chunks)
        return texts + self.vectors.nbytes + BYTES_OF_A_CHUNK * len(self.chunks)

    def hit(self, number: int, score: float) -> Hit:
        known = {"start_seconds", "end_seconds", "speakers", "text"}
        return Hit(
            score=round(score, 4),
            job_id=self.job_id,
            key=self.key,
            **self.chunks[number].model_dump(include=known),
        )


class Stored(NamedTuple):
    """An object of the index. Its ETag changes with its content."""

    bucket: str
    key: str
    etag: str


_remembered: LRUCache[Stored, Passages] = LRUCache(
    MAX_REMEMBERED_BYTES, getsizeof=lambda passages: passages.bytes
)


class S3Index:
    def __init__(self, s3: S3Client, bucket: str, *, embedder: str) -> None:
        self.name = f"embedded/{embedder}"
        self._s3 = s3
        self._bucket = bucket
        self._prefix = f"{INDEX}{embedder}/"

    def replace(
        self, job: ProcessingJob, chunks: Sequence[Chunk], vectors: Sequence[Vector]
    ) -> None:
        packed = np.asarray(vectors, dtype="<f4").tobytes()
        indexed = IndexedJob(
            job_id=job.job_id,
            key=job.key,
            submitted_at=job.submitted_at,
            chunks=tuple(chunks),
            vectors=base64.b64encode(packed).decode(),
        )
        self._s3.put_object(
            Bucket=self._bucket,
            Key=f"{self._prefix}{job.job_id}.json",
            Body=indexed.model_dump_json().encode(),
            ContentType="application/json",
        )

    def remove(self, job_id: str) -> None:
        self._s3.delete_object(Bucket=self._bucket, Key=f"{self._prefix}{job_id}.json")

    def ids(self, job_id: str) -> set[str]:
        body = self._get(f"{self._prefix}{job_id}.json")
        return {chunk.id for chunk in Passages.from_json(body).chunks} if body else set()

    def search(
        self, vector: Vector, *, limit: int, search_filter: SearchFilter = NO_FILTER
    ) -> list[Hit]:
        question = np.asarray(vector, dtype=np.float32)
        found = (
            (score, passages, number)
            for passages in self._read(self._listed(search_filter))
            if _matches(passages, search_filter)
            for score, number in _nearest(passages, question, limit, search_filter)
        )
        best = nlargest(limit, found, key=lambda one: one[0])
        return [passages.hit(number, score) for score, passages, number in best]

    def _listed(self, search_filter: SearchFilter) -> Iterator[Stored]:
        by_job = search_filter.speakers_by_job
        wanted = None if by_job is None else {f"{self._prefix}{job_id}.json" for job_id in by_job}
        for entry in objects_below(self._s3, self._bucket, self._prefix):
            if wanted is None or entry["Key"] in wanted:
                yield Stored(self._bucket, entry["Key"], entry["ETag"])

    def _read(self, stored: Iterator[Stored]) -> Iterator[Passages]:
        """Yield the passages of each job. A few objects at a time, so that memory is bounded."""
        with ThreadPoolExecutor(PARALLEL_READS) as pool:
            while some := list(islice(stored, PARALLEL_READS)):
                known = {one: _remembered.get(one) for one in some}
                new = [one for one in some if known[one] is None]
                bodies = pool.map(self._get, [one.key for one in new])
                for one, body in zip(new, bodies, strict=True):
                    if body is not None:
                        known[one] = _remember(one, Passages.from_json(body))
                yield from filter(None, known.values())

    def _get(self, key: str) -> bytes | None:
        return read_if_present(self._s3, self._bucket, key)


def _remember(stored: Stored, passages: Passages) -> Passages:
    if passages.bytes <= MAX_REMEMBERED_BYTES:
        _remembered[stored] = passages
    return passages


def _matches(passages: Passages, search_filter: SearchFilter) -> bool:
    came = passages.submitted_at
    is_new_enough = search_filter.since is None or (
        came is not None and came >= search_filter.since
    )
    return is_new_enough and search_filter.key in (None, passages.key)


def _nearest(
    passages: Passages, question: NDArray[np.float32], limit: int, search_filter: SearchFilter
) -> Iterator[tuple[float, int]]:
    """Yield score and number of the nearest passages of one job, at most `limit` of them."""
    wanted = np.flatnonzero(_are_said_by(passages, search_filter))
    if not wanted.size:
        return
    scores = passages.vectors[wanted] @ question
    for place in np.argsort(-scores, kind="stable")[:limit].tolist():
        yield float(scores[place]), int(wanted[place])


def _are_said_by(passages: Passages, search_filter: SearchFilter) -> NDArray[np.bool_]:
    """Return (chunks,): whether the wanted speakers said the passage."""
    speaker, by_job = search_filter.speaker, search_filter.speakers_by_job
    if speaker is None and by_job is None:
        return np.ones(len(passages.chunks), dtype=np.bool_)
    wanted = {speaker} if by_job is None else set(by_job.get(passages.job_id, ()))
    if by_job is not None and speaker is not None:
        wanted &= {speaker}
    said = (not wanted.isdisjoint(chunk.speakers) for chunk in passages.chunks)
    return np.fromiter(said, dtype=np.bool_, count=len(passages.chunks))
