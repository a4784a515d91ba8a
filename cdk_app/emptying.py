"""Empty the buckets of a stage before the stack is deleted.

CloudFormation deletes only empty buckets. `python -m cdk_app.emptying dev yes` deletes all videos
and results; without `yes`, it only reports whether there are any. The dashboard's files are
always deleted, because `make deploy` builds them again.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from cdk_app.outputs import outputs_of
from lifestream.errors import ConfigurationError

if TYPE_CHECKING:
    from mypy_boto3_s3.service_resource import Bucket

BUCKET, DASHBOARD_BUCKET = "AwsS3BucketName", "DashboardBucket"


def main(stage: str, answer: str = "") -> None:
    """Print the result. Exits with code 1 if deleting the stage would fail."""
    try:
        print(prepare(stage, empty=answer == "yes"))  # noqa: T201  # a command's output
    except (ConfigurationError, ClientError, BotoCoreError) as error:
        sys.exit(f"{stage}: {error}")


def prepare(stage: str, *, empty: bool) -> str:
    """Empty the buckets, that of the videos if `empty`; return a message about the latter.

    Raises ConfigurationError if the stage cannot be deleted as requested.
    """
    if stage == "prod" and empty:
        raise ConfigurationError("prod keeps its data. To delete it, empty the bucket by hand.")
    if stage == "prod":
        return "prod keeps its buckets, job table, queues and keys; everything else is deleted"
    outputs = outputs_of(stage)
    if BUCKET not in outputs:
        raise ConfigurationError(f"the stack has no output {BUCKET}. Was it deployed completely?")
    message = _prepare_uploads(boto3.resource("s3").Bucket(outputs[BUCKET]), stage, empty=empty)
    if name := outputs.get(DASHBOARD_BUCKET):
        delete_everything(boto3.resource("s3").Bucket(name))
    return message


def _prepare_uploads(bucket: Bucket, stage: str, *, empty: bool) -> str:
    if not list(bucket.object_versions.limit(1)):
        return f"{bucket.name} is empty"
    if not empty:
        raise ConfigurationError(
            f"{bucket.name} still holds objects, and CloudFormation deletes only empty buckets. "
            f"To delete all videos and results with the stage: make destroy STAGE={stage} EMPTY=yes"
        )
    return f"deleted all {delete_everything(bucket)} object versions in {bucket.name}"


def delete_everything(bucket: Bucket) -> int:
    """Delete all object versions and delete markers. Returns their number."""
    answers = bucket.object_versions.delete()
    for answer in answers:
        for error in answer.get("Errors", []):
            raise ConfigurationError(
                f"{error.get('Key')} cannot be deleted: {error.get('Message')}"
            )
    return sum(len(answer.get("Deleted", [])) for answer in answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
