"""An upload, read in ranges: never whole in memory or on disk, never mixed from two versions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from botocore.exceptions import ClientError
from pydantic import ValidationError

from lifestream.aws.objects import NOT_THERE, REFUSED
from lifestream.aws.read_ahead import ReadAhead
from lifestream.domain.job import ProcessingJob, derive_job_id
from lifestream.domain.options import JobOptions
from lifestream.errors import ConfigurationError, VideoNotFoundError, VideoTooComplexError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OPTIONS_METADATA = "lifestream-options"
CHANGED = ("NoSuchVersion", "412", "PreconditionFailed", "405", "MethodNotAllowed")


class Versions(NamedTuple):
    """Job ids of a video's other versions, seen from one of them."""

    older: list[str]
    newer: list[str]


def other_versions(s3: S3Client, job: ProcessingJob) -> Versions:
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=job.bucket, Prefix=job.key)
    ids = [
        version["VersionId"]
        for page in pages
        for version in page.get("Versions", ())
        if version["Key"] == job.key
    ]  # S3 lists them newest first
    if job.version_id not in ids:
        return Versions([], [])
    job_ids = [derive_job_id(job.bucket, job.key, version) for version in ids]
    position = ids.index(job.version_id)
    return Versions(older=job_ids[position + 1 :], newer=job_ids[:position])


class ReadBudget(NamedTuple):
    """What may be fetched of one video: the file itself decides where a decoder jumps."""

    requests: int
    size: int

    @classmethod
    def for_inspection(cls, _: int) -> Self:
        """Headers, and an index of hundreds of hours."""
        return cls(requests=1_500, size=512 << 20)

    @classmethod
    def for_extraction(cls, size: int) -> Self:
        """The whole file four times over, or each piece of the audio in a request of its own."""
        return cls(requests=250_000 + size // (1 << 20), size=(1 << 30) + 4 * size)


class VideoObject:
    """One version of one object. `options` are those that the uploader stored with it."""

    def __init__(  # noqa: PLR0913  # one argument a fact about the object, and who reads it
        self,
        s3: S3Client,
        job: ProcessingJob,
        *,
        size: int,
        etag: str,
        options: JobOptions,
        budget: ReadBudget,
        pool: Executor,
    ) -> None:
        self.size = size
        self.options = options
        self._budget = budget
        self._s3 = s3
        self._job = job
        self._etag = etag
        self._spending = Lock()
        self._ahead = ReadAhead(self._fetch, size, pool)

    @classmethod
    def open(
        cls,
        s3: S3Client,
        job: ProcessingJob,
        *,
        budget: Callable[[int], ReadBudget],
        pool: Executor,
    ) -> Self:
        """`pool`: fetches ranges side by side. Raises VideoNotFoundError, also where the object was
        deleted but a version remains."""
        try:
            s3.head_object(Bucket=job.bucket, Key=job.key)
            head = s3.head_object(Bucket=job.bucket, Key=job.key, **version_of(job))
        except ClientError as error:
            raise translated(error, job) from error
        return cls(
            s3,
            job,
            size=head["ContentLength"],
            etag=head["ETag"],
            options=_options(head["Metadata"]),
            budget=budget(head["ContentLength"]),
            pool=pool,
        )

    def read_at(self, offset: int, size: int) -> bytes:
        """At most `size` bytes, for who reads on. Raises VideoTooComplexError."""
        return self._ahead.read_at(offset, size)

    def prefetch(self, ranges: Iterable[tuple[int, int]]) -> None:
        """What `read_at` will be asked for next, as offsets and sizes."""
        self._ahead.prefetch(ranges)

    def read_range(self, offset: int, size: int) -> bytes:
        """Exactly these bytes, for who reads few and far between. Raises VideoTooComplexError."""
        return self._fetch(offset, size) if size > 0 and offset < self.size else b""

    def _fetch(self, start: int, size: int) -> bytes:
        end = min(start + size, self.size)
        self._spend(end - start)
        try:
            answer = self._s3.get_object(
                Bucket=self._job.bucket,
                Key=self._job.key,
                Range=f"bytes={start}-{end - 1}",
                IfMatch=self._etag,
                **version_of(self._job),
            )
            data = answer["Body"].read()
        except ClientError as error:
            raise translated(error, self._job) from error
        if answer.get("ContentRange") != f"bytes {start}-{end - 1}/{self.size}":
            raise ConfigurationError("the object store ignores which range it is asked for")
        return data

    def _spend(self, size: int) -> None:
        with self._spending:
            self._budget = ReadBudget(self._budget.requests - 1, self._budget.size - size)
            is_spent = min(self._budget) < 0
        if is_spent:
            raise VideoTooComplexError("the video makes the decoder jump about without end")


def version_of(job: ProcessingJob) -> dict[str, Any]:
    """What S3 has to be told to answer with this version and no other."""
    return {"VersionId": job.version_id} if job.version_id else {}


def translated(error: ClientError, job: ProcessingJob) -> Exception:
    """VideoNotFoundError if the upload is gone or may not be read, else the error itself."""
    code = error.response["Error"]["Code"]
    if code in NOT_THERE or code in CHANGED:
        return VideoNotFoundError(f"{job.file_name} is not there any more")
    if code in REFUSED:  # of a missing object too, because no step may list the uploads
        return VideoNotFoundError(f"{job.file_name} is not there any more, or may not be read")
    return error


def _options(metadata: dict[str, str]) -> JobOptions:
    stored = metadata.get(OPTIONS_METADATA)
    if not stored:
        return JobOptions()
    try:
        return JobOptions.model_validate(json.loads(stored))
    except (ValidationError, ValueError) as error:
        raise ConfigurationError(f"unusable options stored with the video: {error}") from error
