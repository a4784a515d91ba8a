"""Download the model weights from the stack's bucket to the container's disk.

The container never contacts a model hub: the weights are put into the bucket before.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lifestream.aws.objects import objects_below
from lifestream.errors import ConfigurationError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def fetch_models(s3: S3Client, bucket: str, prefix: str | None, folder: Path) -> None:
    """Download the files that are missing in `folder`. Files that the image contains are kept.

    A prefix that holds nothing is no error here, because the engines report which model is missing.
    """
    if prefix is None:
        return
    entries = list(objects_below(s3, bucket, f"{prefix}/"))
    for entry in entries:
        target = folder / Path(entry["Key"].removeprefix(f"{prefix}/"))
        if not target.resolve().is_relative_to(folder.resolve()):
            raise ConfigurationError(f"a model's key points outside its folder: {entry['Key']}")
        if entry["Key"].endswith("/") or (
            target.exists() and target.stat().st_size == entry["Size"]
        ):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.partial")
        s3.download_file(bucket, entry["Key"], str(partial))
        partial.replace(target)
