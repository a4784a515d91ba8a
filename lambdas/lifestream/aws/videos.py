"""Read an upload in byte ranges.

It is never held whole in memory or on disk, and never mixed from two versions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from pathlib import PurePosixPath
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from botocore.exceptions import ClientError
from pydantic import ValidationError

from lifestream.aws.objects import ACCESS_DENIED, NOT_FOUND
from lifestream.aws.read_ahead import ReadAhead
from lifestream.domain.file_types import content_type
from lifestream.domain.job import ProcessingJob, derive_job_id
from lifestream.domain.options import OPTIONS_METADATA, JobOptions
from lifestream.errors import ConfigurationError, VideoNotFoundError, VideoTooComplexError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

CHANGED = ("NoSuchVersion", "412", "PreconditionFailed", "405", "MethodNotAllowed")


class Versions(NamedTuple):
    """The job ids of a video's other versions, as seen from one of them."""

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
    """How much may be fetched of one video: the file itself decides where a decoder jumps."""

    requests: int
    size: int

    @classmethod
    def for_inspection(cls, _: int) -> Self:
        """Allow for the headers and an index of hundreds of hours."""
        return cls(requests=1_500, size=512 << 20)

    @classmethod
    def for_extraction(cls, size: int) -> Self:
        """Allow for four reads of the whole file, or one request per piece of audio."""
        return cls(requests=250_000 + size // (1 << 20), size=(1 << 30) + 4 * size)


class VideoObject:
    """One version of one object. `options` are those that the uploader stored with it."""

    def __init__(  # noqa: PLR0913  # one argument per fact about the object
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
        """Open the job's video. `pool` fetches ranges in parallel. Raises VideoNotFoundError."""
        head = head_of(s3, job)
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
        """Return at most `size` bytes, for a sequential reader. Raises VideoTooComplexError."""
        return self._ahead.read_at(offset, size)

    def prefetch(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Start to fetch what `read_at` will be asked for next, as offsets and sizes."""
        self._ahead.prefetch(ranges)

    def read_range(self, offset: int, size: int) -> bytes:
        """Return exactly these bytes, for a few reads far apart. Raises VideoTooComplexError."""
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
            raise translated(error, self._job.file_name) from error
        if answer.get("ContentRange") != f"bytes {start}-{end - 1}/{self.size}":
            raise ConfigurationError("the object store ignores the requested range")
        return data

    def _spend(self, size: int) -> None:
        with self._spending:
            self._budget = ReadBudget(self._budget.requests - 1, self._budget.size - size)
            is_spent = min(self._budget) < 0
        if is_spent:
            raise VideoTooComplexError("the video makes the decoder jump back and forth too often")


def uploaded_job(
    s3: S3Client, bucket: str, key: str, version_id: str | None = None
) -> ProcessingJob:
    """Return the job of a video in the bucket, with the options that were stored with it.

    Without `version_id`, it is the newest version. Raises VideoNotFoundError.
    """
    version: dict[str, Any] = {"VersionId": version_id} if version_id else {}
    try:
        head = s3.head_object(Bucket=bucket, Key=key, **version)
    except ClientError as error:
        raise translated(error, PurePosixPath(key).name) from error
    return ProcessingJob.for_upload(
        bucket=bucket,
        key=key,
        version_id=head.get("VersionId"),
        etag=head["ETag"].strip('"'),
        size=head["ContentLength"],
        options=_options(head["Metadata"]),
        submitted_at=head["LastModified"],
    )


def head_of(s3: S3Client, job: ProcessingJob) -> HeadObjectOutputTypeDef:
    """Return what S3 says about the job's version of the video.

    Raises VideoNotFoundError, also if the object was deleted and a version of it remains.
    """
    try:
        s3.head_object(Bucket=job.bucket, Key=job.key)
        return s3.head_object(Bucket=job.bucket, Key=job.key, **version_of(job))
    except ClientError as error:
        raise translated(error, job.file_name) from error


def presigned_url(s3: S3Client, job: ProcessingJob, *, expires_seconds: int) -> str:
    """Return an address from which a player reads ranges of the job's version of the video.

    It ends sooner if the credentials that signed it end. The uploader does not decide the content
    type, so that a browser never opens the file as a page.
    """
    video = {"Bucket": job.bucket, "Key": job.key, "ResponseContentType": content_type(job.key)}
    return s3.generate_presigned_url(
        "get_object", Params=video | version_of(job), ExpiresIn=expires_seconds
    )


def version_of(job: ProcessingJob) -> dict[str, Any]:
    """Return the arguments that make S3 answer with this version and no other."""
    return {"VersionId": job.version_id} if job.version_id else {}


def translated(error: ClientError, file_name: str) -> Exception:
    """Return VideoNotFoundError if the upload is gone or may not be read, else the error itself."""
    code = error.response["Error"]["Code"]
    if code in NOT_FOUND or code in CHANGED:
        return VideoNotFoundError(f"{file_name} no longer exists")
    if code in ACCESS_DENIED:  # for a missing object too, because no step may list the uploads
        return VideoNotFoundError(f"{file_name} no longer exists, or may not be read")
    return error


def _options(metadata: dict[str, str]) -> JobOptions:
    stored = metadata.get(OPTIONS_METADATA)
    if not stored:
        return JobOptions()
    try:
        return JobOptions.model_validate(json.loads(stored))
    except (ValidationError, ValueError) as error:
        raise ConfigurationError(
            f"the options stored with the video are invalid: {error}"
        ) from error
