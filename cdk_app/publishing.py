"""Upload the build of the dashboard to the bucket of a stage, as the last part of `make deploy`.

CDK's own BucketDeployment would add a Lambda function with the AWS CLI to each deployment, and the
template could not be synthesized without a build (ADR 62).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from cdk_app.dashboard_build import DIST, PAGE, built_files, media_type
from cdk_app.outputs import outputs_of
from lifestream.errors import ConfigurationError

if TYPE_CHECKING:
    from mypy_boto3_s3.service_resource import Bucket

BUCKET, URL = "DashboardBucket", "DashboardUrl"
KEPT = timedelta(days=7)
"""How long files of earlier builds stay, for browsers that loaded the page just before."""


def main(stage: str) -> None:
    """Print the dashboard's address. Exits with code 1 if it cannot be published."""
    try:
        outputs = outputs_of(stage)
        publish(boto3.resource("s3").Bucket(outputs[BUCKET]), datetime.now(UTC))
    except (ConfigurationError, ClientError, BotoCoreError) as error:
        sys.exit(f"{stage}: the dashboard was not published: {error}")
    print(f"The dashboard is at {outputs[URL]}")  # noqa: T201  # a command's output


def publish(bucket: Bucket, now: datetime, folder: Path = DIST) -> None:
    """Upload the files, the page last, because it names the others. Delete what is obsolete.

    Raises ConfigurationError if the dashboard was not built.
    """
    files = built_files(folder)
    if PAGE not in files:
        raise ConfigurationError(f"{folder} has no {PAGE}. Build it with `make web/dist/.ready`.")
    for key in sorted(files, key=lambda key: key == PAGE):
        content, media = files[key].read_bytes(), media_type(files[key])
        bucket.put_object(Key=key, Body=content, ContentType=media)
    _delete_obsolete(bucket, files, now - KEPT)


def _delete_obsolete(bucket: Bucket, files: Mapping[str, Path], before: datetime) -> None:
    for stored in bucket.objects.all():
        if stored.key not in files and stored.last_modified < before:
            stored.delete()


if __name__ == "__main__":
    main(*sys.argv[1:])
