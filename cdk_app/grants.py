"""Grant exactly the API calls that the code makes.

CDK's own grants are wider: `grant_read` on a bucket allows `s3:GetBucket*` and `s3:List*`, and a
grant on a table includes its indexes.
"""

from __future__ import annotations

from collections.abc import Collection

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from lifestream.aws.job_attributes import ROW_ATTRIBUTES


def allow(role: iam.IGrantable, *actions: str, on: str | list[str]) -> None:
    resources = [on] if isinstance(on, str) else on
    role.grant_principal.add_to_principal_policy(
        iam.PolicyStatement(actions=list(actions), resources=resources)
    )


def allow_reading(role: iam.IGrantable, bucket: s3.IBucket, *prefixes: str) -> None:
    """Allow reading objects and listing their keys.

    Without permission to list, S3 answers 403 instead of 404 for a missing object:
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    allow(role, "s3:GetObject", on=_objects(bucket, prefixes))
    allow_listing(role, bucket, *prefixes)


def allow_listing(role: iam.IGrantable, bucket: s3.IBucket, *prefixes: str) -> None:
    """Allow listing keys, not reading the objects."""
    role.grant_principal.add_to_principal_policy(
        iam.PolicyStatement(
            actions=["s3:ListBucket"],
            resources=[bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
        )
    )


def allow_reading_versions(role: iam.IGrantable, bucket: s3.IBucket, *prefixes: str) -> None:
    """Allow reading objects and their versions by name; the role cannot list them."""
    allow(role, "s3:GetObject", "s3:GetObjectVersion", on=_objects(bucket, prefixes))


def allow_listing_versions(role: iam.IGrantable, bucket: s3.IBucket, *prefixes: str) -> None:
    """Allow listing the versions of objects, not reading them."""
    role.grant_principal.add_to_principal_policy(
        iam.PolicyStatement(
            actions=["s3:ListBucketVersions"],
            resources=[bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
        )
    )


def allow_deleting_versions(role: iam.IGrantable, bucket: s3.IBucket, *prefixes: str) -> None:
    """Allow listing the versions of objects and deleting them for good, not reading them.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html demands both actions.
    """
    allow_listing_versions(role, bucket, *prefixes)
    allow(role, "s3:DeleteObject", "s3:DeleteObjectVersion", on=_objects(bucket, prefixes))


def allow_writing(role: iam.IGrantable, bucket: s3.IBucket, *prefixes: str) -> None:
    allow(role, "s3:PutObject", on=_objects(bucket, prefixes))


def allow_aborting_uploads(role: iam.IGrantable, bucket: s3.IBucket, *prefixes: str) -> None:
    """Allow aborting a multipart upload, which deletes the parts that were uploaded before a
    failure: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
    """
    allow(role, "s3:AbortMultipartUpload", on=_objects(bucket, prefixes))


def allow_uploading_in_parts(role: iam.IGrantable, bucket: s3.IBucket, *prefixes: str) -> None:
    """Allow finding, resuming and aborting multipart uploads. Writing allows the rest of them:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions

    Finding them is not limited to the prefixes, because the action knows no condition for it.
    """
    allow(role, "s3:ListBucketMultipartUploads", on=bucket.bucket_arn)
    allow(role, "s3:ListMultipartUploadParts", on=_objects(bucket, prefixes))
    allow_aborting_uploads(role, bucket, *prefixes)


def allow_updating_rows(
    role: iam.IGrantable, table: dynamodb.Table, attributes: Collection[str]
) -> None:
    """Allow updating these attributes of any job, and no others.

    The policy denies the other attributes instead of allowing these. AWS doesn't say exactly
    which parts of a request count as its attributes; a request that names none of the others is
    allowed either way.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    """
    allow(role, "dynamodb:UpdateItem", on=table.table_arn)
    others = sorted(ROW_ATTRIBUTES - set(attributes))
    role.grant_principal.add_to_principal_policy(
        iam.PolicyStatement(
            effect=iam.Effect.DENY,
            actions=["dynamodb:UpdateItem"],
            resources=[table.table_arn],
            conditions={"ForAnyValue:StringEquals": {"dynamodb:Attributes": others}},
        )
    )


def _objects(bucket: s3.IBucket, prefixes: tuple[str, ...]) -> list[str]:
    return [bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes]
