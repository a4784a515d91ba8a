"""Empty the bucket of a stage before CloudFormation deletes it, which it refuses while it is full.

`python -m cdk_app.emptying dev yes` deletes them; without `yes` it only says that they are there.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from lifestream.errors import ConfigurationError

if TYPE_CHECKING:
    from mypy_boto3_s3.service_resource import Bucket

BUCKET = "AwsS3BucketName"


def main(stage: str, answer: str = "") -> None:
    """Exits with 1 if destroying the stage would fail."""
    try:
        print(prepare(stage, empty=answer == "yes"))  # noqa: T201  # a command's output
    except (ConfigurationError, ClientError, BotoCoreError) as error:
        sys.exit(f"{stage}: {error}")


def prepare(stage: str, *, empty: bool) -> str:
    """Says what it did. Raises ConfigurationError if the stage cannot be destroyed as asked."""
    if stage == "prod" and empty:
        raise ConfigurationError("prod keeps its data; whoever means to delete it does so by hand")
    if stage == "prod":
        return "prod keeps its bucket, job table, queues and keys; everything else is deleted"
    bucket = bucket_of(stage)
    if not list(bucket.object_versions.limit(1)):
        return f"{bucket.name} is empty"
    if not empty:
        raise ConfigurationError(
            f"{bucket.name} still holds objects, and CloudFormation deletes no bucket that does: "
            f"`make destroy STAGE={stage} EMPTY=yes` deletes all videos and results with the stage"
        )
    return f"deleted all {delete_everything(bucket)} object versions in {bucket.name}"


def bucket_of(stage: str) -> Bucket:
    """Raises ClientError if there is no such stack."""
    described = boto3.client("cloudformation").describe_stacks(StackName=f"LifeStream-{stage}")
    outputs = described["Stacks"][0].get("Outputs", [])
    names = {output["OutputKey"]: output["OutputValue"] for output in outputs}
    if BUCKET not in names:
        raise ConfigurationError(f"the stack has no output {BUCKET}: was it deployed completely?")
    return boto3.resource("s3").Bucket(names[BUCKET])


def delete_everything(bucket: Bucket) -> int:
    """Every version and every delete marker. Returns how many there were."""
    answers = bucket.object_versions.delete()
    for answer in answers:
        for error in answer.get("Errors", []):
            raise ConfigurationError(
                f"{error.get('Key')} cannot be deleted: {error.get('Message')}"
            )
    return sum(len(answer.get("Deleted", [])) for answer in answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
