"""Tell a missing object from one that may not be read, for a role that may not list the bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_s3 import S3Client

NOT_FOUND = ("404", "NoSuchKey")
ACCESS_DENIED = ("403", "AccessDenied")


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
