"""List and delete versions of objects: in a versioned bucket, a plain delete keeps the content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from lifestream.errors import ErasureError, TransientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DELETED_AT_ONCE = 1_000
"""https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""
BUSY = ("InternalError", "ServiceUnavailable", "SlowDown")


class StoredVersion(NamedTuple):
    """A version of an object, or a delete marker, which has neither size nor ETag."""

    key: str
    version_id: str
    size: int = 0
    etag: str | None = None
    written_at: datetime | None = None

    @property
    def is_marker(self) -> bool:
        return self.etag is None


class ObjectVersions:
    def __init__(self, s3: S3Client, bucket: str) -> None:
        self.s3 = s3
        self.bucket = bucket

    def below(self, prefix: str) -> Iterator[StoredVersion]:
        """Yield every version and every delete marker whose key begins with the prefix."""
        pages = self.s3.get_paginator("list_object_versions").paginate(
            Bucket=self.bucket, Prefix=prefix
        )
        for page in pages:
            for found in page.get("Versions", ()):
                etag = found["ETag"].strip('"')
                facts = (found["Key"], found["VersionId"], found["Size"], etag)
                yield StoredVersion(*facts, found["LastModified"])
            for marker in page.get("DeleteMarkers", ()):
                yield StoredVersion(marker["Key"], marker["VersionId"])

    def delete(self, versions: Iterable[StoredVersion]) -> None:
        """Delete versions for good.

        Raises TransientError if S3 is busy, and ErasureError if it refuses to delete a version.
        """
        left = iter(versions)
        while some := list(islice(left, DELETED_AT_ONCE)):
            objects = [{"Key": one.key, "VersionId": one.version_id} for one in some]
            answer = self.s3.delete_objects(
                Bucket=self.bucket,
                Delete={"Objects": objects, "Quiet": True},  # type: ignore[typeddict-item]  # a literal
            )
            for error in answer.get("Errors", ()):
                code = error.get("Code", "")
                kind = TransientError if code in BUSY else ErasureError
                raise kind(f"S3 did not delete a version of an object: {code}")
