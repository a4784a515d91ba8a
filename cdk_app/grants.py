"""What a role may do: the calls that the code makes, on what it makes them.

CDK's own grants are wider: `grant_read` of a bucket allows `s3:GetBucket*` and `s3:List*`, and a
grant on a table covers its indexes.
"""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3


def allow(role: iam.IGrantable, *actions: str, on: str | list[str]) -> None:
    resources = [on] if isinstance(on, str) else on
    role.grant_principal.add_to_principal_policy(
        iam.PolicyStatement(actions=list(actions), resources=resources)
    )


def allow_reading(role: iam.IGrantable, bucket: s3.IBucket, *prefixes: str) -> None:
    """Who may not list the bucket is told 403 instead of 404 of a missing object.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"""
    allow(role, "s3:GetObject", on=_objects(bucket, prefixes))
    allow(role, "s3:ListBucket", on=bucket.bucket_arn)


def allow_reading_versions(role: iam.IGrantable, bucket: s3.IBucket, *prefixes: str) -> None:
    allow_reading(role, bucket, *prefixes)
    allow(role, "s3:GetObjectVersion", on=_objects(bucket, prefixes))


def allow_writing(role: iam.IGrantable, bucket: s3.IBucket, *prefixes: str) -> None:
    allow(role, "s3:PutObject", on=_objects(bucket, prefixes))


def allow_giving_up_parts(role: iam.IGrantable, bucket: s3.IBucket, *prefixes: str) -> None:
    """Large files go in parts: what of them was sent before a failure is taken back.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions"""
    allow(role, "s3:AbortMultipartUpload", on=_objects(bucket, prefixes))


def _objects(bucket: s3.IBucket, prefixes: tuple[str, ...]) -> list[str]:
    return [bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes]
