"""The stack's own model prefix in, model folders on the container's disk out.

Model hubs are never asked at run time: whoever deploys puts the weights under the prefix once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lifestream.errors import ConfigurationError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def fetch_models(s3: S3Client, bucket: str, prefix: str | None, folder: Path) -> None:
    """Downloads what is missing. Files that the image carries already are kept; a prefix that
    holds nothing is no error here, since the engines say which model they miss."""
    if prefix is None:
        return
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/")
    entries = [entry for page in pages for entry in page.get("Contents", ())]
    for entry in entries:
        target = folder / Path(entry["Key"].removeprefix(f"{prefix}/"))
        if not target.resolve().is_relative_to(folder.resolve()):
            raise ConfigurationError(f"a model's key leads out of its folder: {entry['Key']}")
        if entry["Key"].endswith("/") or (
            target.exists() and target.stat().st_size == entry["Size"]
        ):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.partial")
        s3.download_file(bucket, entry["Key"], str(partial))
        partial.replace(target)
