"""The built-in index: one object per job in the bucket, compared one by one.

It costs nothing when idle, and replacing a job is one atomic write. It is meant for
some thousand recordings; use Pinecone beyond that.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from heapq import nlargest
from typing import TYPE_CHECKING, Literal

import numpy as np
from botocore.exceptions import ClientError
from numpy.typing import NDArray

from lifestream.aws.objects import is_missing
from lifestream.domain.base import Frozen
from lifestream.domain.bucket_layout import INDEX
from lifestream.domain.chunks import Chunk
from lifestream.domain.job import ProcessingJob
from lifestream.engines.embedding import Vector
from lifestream.engines.vector_index import NO_FILTER, Hit, SearchFilter

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PARALLEL_READS = 16


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
        key = f"{self._prefix}{job_id}.json"
        return {chunk.id for job in self._read([key]) for chunk in job.chunks}

    def search(
        self, vector: Vector, *, limit: int, search_filter: SearchFilter = NO_FILTER
    ) -> list[Hit]:
        question = np.asarray(vector, dtype=np.float32)
        jobs = self._read(self._keys(search_filter))
        hits = (hit for job in jobs if _matches(job, search_filter) for hit in _hits(job, question))
        wanted = (hit for hit in hits if _is_said_by(hit, search_filter))
        return nlargest(limit, wanted, key=lambda hit: hit.score)

    def _keys(self, search_filter: SearchFilter) -> list[str]:
        if search_filter.speakers_by_job is not None:
            return [f"{self._prefix}{job_id}.json" for job_id in search_filter.speakers_by_job]
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix
        )
        return [entry["Key"] for page in pages for entry in page.get("Contents", ())]

    def _read(self, keys: Sequence[str]) -> Iterator[IndexedJob]:
        with ThreadPoolExecutor(PARALLEL_READS) as pool:
            for body in pool.map(self._get, keys):
                if body is not None:
                    yield IndexedJob.model_validate_json(body)

    def _get(self, key: str) -> bytes | None:
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if not is_missing(self._s3, self._bucket, key, error):
                raise
            return None


def _matches(job: IndexedJob, search_filter: SearchFilter) -> bool:
    came = job.submitted_at
    is_new_enough = search_filter.since is None or (
        came is not None and came >= search_filter.since
    )
    return is_new_enough and search_filter.key in (None, job.key)


def _is_said_by(hit: Hit, search_filter: SearchFilter) -> bool:
    speaker, by_job = search_filter.speaker, search_filter.speakers_by_job
    return (speaker is None or speaker in hit.speakers) and (
        by_job is None or not set(hit.speakers).isdisjoint(by_job.get(hit.job_id, ()))
    )


def _hits(job: IndexedJob, question: NDArray[np.float32]) -> Iterator[Hit]:
    if not job.chunks:
        return
    for chunk, score in zip(job.chunks, job.matrix() @ question, strict=True):
        yield Hit(
            score=round(float(score), 4),
            job_id=job.job_id,
            key=job.key,
            **chunk.model_dump(include={"start_seconds", "end_seconds", "speakers", "text"}),
        )
