"""Whether an object is missing, asked by a role that may not list the bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_s3 import S3Client

NOT_THERE = ("404", "NoSuchKey")
REFUSED = ("403", "AccessDenied")


def is_missing(s3: S3Client, bucket: str, key: str, error: ClientError) -> bool:
    """What S3's answer to a read means. To whoever may not list the whole bucket it says 403 of
    a missing object, as of one that may not be read. Our roles may list the names that they may
    read, and that tells the two apart.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    code = error.response["Error"]["Code"]
    return code in NOT_THERE or (code in REFUSED and not _is_listed(s3, bucket, key))


def _is_listed(s3: S3Client, bucket: str, key: str) -> bool:
    """A name comes before all longer ones that begin with it. Raises ClientError."""
    found = s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
    return any(entry["Key"] == key for entry in found.get("Contents", ()))
