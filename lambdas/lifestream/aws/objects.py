"""List objects, and tell a missing one from one that may not be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef

NOT_FOUND = ("404", "NoSuchKey")
ACCESS_DENIED = ("403", "AccessDenied")


def objects_below(s3: S3Client, bucket: str, prefix: str) -> Iterator[ObjectTypeDef]:
    """Yield each object whose key begins with the prefix, as S3 lists it: key, size, ETag."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", ())


def is_missing(s3: S3Client, bucket: str, key: str, error: ClientError) -> bool:
    """Return whether a read failed with `error` because the object does not exist.

    S3 answers 403 for a missing object if the role may not list the whole bucket. Our roles may
    list the names that they may read, so listing distinguishes the two cases.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    code = error.response["Error"]["Code"]
    return code in NOT_FOUND or (code in ACCESS_DENIED and not _is_listed(s3, bucket, key))


def _is_listed(s3: S3Client, bucket: str, key: str) -> bool:
    """Return whether the key exists. S3 lists it before all longer keys that begin with it."""
    found = s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
    return any(entry["Key"] == key for entry in found.get("Contents", ()))


def read_if_present(s3: S3Client, bucket: str, key: str) -> bytes | None:
    """Return the content of an object, or None if it does not exist."""
    from botocore.exceptions import ClientError

    try:
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if not is_missing(s3, bucket, key, error):
            raise
        return None
