"""An upload and its parts, whose bytes go to S3."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from lifestream.domain.base import Frozen
from lifestream.domain.file_types import EXTENSIONS
from lifestream.domain.options import JobOptions
from lifestream.domain.text import one_line

MAX_PARTS = 10_000
MAX_PART_BYTES = 5 << 30
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""
MAX_UPLOAD_BYTES = MAX_PARTS * MAX_PART_BYTES
MAX_URLS = 100
MAX_NAME_BYTES = 900
CHECKSUM = "x-amz-checksum-sha256"
"""The header in which S3 expects it."""
Sha256 = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$")]
"""In base64, as S3 has it."""
NAME_RULE = f"Input should be a name without folders, of at most {MAX_NAME_BYTES} bytes"
PartNumber = Annotated[int, Field(strict=True, ge=1, le=MAX_PARTS)]
_NAMES = [extension.removeprefix(".") for extension in EXTENSIONS]
NAME_PATTERN = rf"^[^/\\]+\.({'|'.join((*_NAMES, *map(str.upper, _NAMES)))})$"
"""For the description only: a name that does not fit gets the error that says why."""


class UploadOptions(JobOptions):
    """The options of a job. `"2"` is no number, and `0` is no truth value."""

    model_config = ConfigDict(strict=True)

    hotwords: tuple[str, ...] = Field(default=(), strict=False)  # JSON has lists only


class NewUpload(Frozen):
    """The file to upload: its name without folders, and its size in bytes.

    Control characters and invisible ones are removed from the name. Its extension decides the
    content type.

    Attributes:
        with_checksums: The SHA-256 of each part is known before the part is sent, and S3 compares.
            A file that is sent whole has none.
    """

    file_name: str = Field(
        min_length=1, max_length=255, json_schema_extra={"pattern": NAME_PATTERN}
    )
    size: int = Field(strict=True, ge=0, le=MAX_UPLOAD_BYTES, json_schema_extra={"minimum": 1})
    options: UploadOptions = UploadOptions()
    with_checksums: bool = Field(default=False, strict=True)

    @property
    def job_options(self) -> JobOptions:
        return JobOptions(**self.options.model_dump())

    @field_validator("file_name")
    @classmethod
    def _is_a_file_name(cls, given: str) -> str:
        name = one_line(given)
        if "/" in name or "\\" in name or len(name.encode()) > MAX_NAME_BYTES:
            raise PydanticCustomError("file_name", NAME_RULE)
        return name


class WholeUpload(Frozen):
    """Where to PUT the whole file, with exactly these headers."""

    url: str
    headers: dict[str, str]
    expires_at: datetime


class Upload(Frozen):
    """An upload, and how to send the file.

    Attributes:
        whole: The address for the file; null if it is sent in parts.
        part_size: The size in bytes of each part but the last one.
        job_id: The job, if the file has arrived already: an earlier request had the same
            idempotency key. Nothing is left to be sent.
    """

    id: str
    key: str
    whole: WholeUpload | None
    part_size: int
    part_count: int
    job_id: str | None


class WantedParts(Frozen):
    """The numbers of the parts that are to be sent next. The first part has number 1.

    Attributes:
        sha256: The SHA-256 of each of them in base64, if the upload is one with checksums.
    """

    numbers: tuple[PartNumber, ...] = Field(min_length=1, max_length=MAX_URLS)
    sha256: tuple[Sha256, ...] = Field(default=(), max_length=MAX_URLS)


class PartAddress(Frozen):
    """Where to PUT a part of exactly `size` bytes, with exactly these headers.

    S3 answers with its `ETag`, and with 400 if the bytes have another SHA-256.
    """

    number: int
    size: int
    url: str
    headers: dict[str, str]


class PartAddresses(Frozen):
    parts: tuple[PartAddress, ...]
    expires_at: datetime


class StoredPart(Frozen):
    """A part that S3 has. `size` is in bytes; `etag` is without quotes; `sha256` is in base64."""

    number: int
    size: int
    etag: str
    sha256: str | None = None


class StoredParts(Frozen):
    """The parts that S3 has."""

    parts: tuple[StoredPart, ...]


class SentPart(Frozen):
    """A part that the client sent, with the `ETag` that S3 answered."""

    number: PartNumber
    etag: str = Field(min_length=1, max_length=200)


class Completion(Frozen):
    """All parts, to make sure that S3 has the same; without them, those that S3 has are taken."""

    parts: tuple[SentPart, ...] | None = Field(default=None, max_length=MAX_PARTS)
