"""Name an upload, store its options with it, and make a form that uploads one file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lifestream.client.upload_checks import check_name
from lifestream.domain.base import Frozen
from lifestream.domain.bucket_layout import UPLOADS
from lifestream.domain.file_types import content_type
from lifestream.domain.options import OPTIONS_METADATA, JobOptions
from lifestream.errors import ConfigurationError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_POST_BYTES = 5 << 30  # S3's own limit for one request
EXPIRES_SECONDS = 3_600


class PresignedUpload(Frozen):
    """A form that uploads one file without AWS credentials.

    Attributes:
        url: Where to POST the form.
        fields: The fields of the form. The file is one more field, the last one, called `file`.
        key: The key of the object in the bucket; the job gets the same key.
    """

    url: str
    fields: dict[str, str]
    key: str


def upload_form(  # one parameter per condition
    s3: S3Client,
    bucket: str,
    file_name: str,
    *,
    options: JobOptions | None,
    max_bytes: int,
    expires_seconds: int,
) -> PresignedUpload:
    """See `VideoService.generate_presigned_upload_url`."""
    check_name(file_name)
    if not 0 < max_bytes <= MAX_POST_BYTES:
        raise ConfigurationError(f"max_bytes must be between 1 and {MAX_POST_BYTES}")
    key = uploads_key(file_name)
    metadata = {f"x-amz-meta-{name}": value for name, value in metadata_of(options).items()}
    fields = {"Content-Type": content_type(key), **metadata}
    conditions: list[Any] = [{name: value} for name, value in fields.items()]
    conditions.append(["content-length-range", 1, max_bytes])
    form = s3.generate_presigned_post(
        bucket,
        key,
        Fields=fields,
        Conditions=conditions,
        ExpiresIn=expires_seconds,
    )
    return PresignedUpload(url=form["url"], fields=form["fields"], key=key)


def uploads_key(name: str) -> str:
    """The object key of a video, which is under `uploads/`."""
    return name if name.startswith(UPLOADS) else f"{UPLOADS}{name}"


def metadata_of(options: JobOptions | None) -> dict[str, str]:
    """The options travel with the object, so that both ways to a job know them."""
    if options is None or options == JobOptions():
        return {}
    return {OPTIONS_METADATA: json.dumps(options.model_dump(exclude_defaults=True))}
