"""Plan an upload: the key of its object, and the sizes of its parts."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import PurePosixPath
from typing import Self

from pydantic import Field, model_validator

from lifestream.api import opaque_text
from lifestream.domain.base import Frozen
from lifestream.domain.bucket_layout import FOLDER_OF_THE_API, UPLOADS
from lifestream.errors import InvalidPartError, UploadNotFoundError
from lifestream.rest.uploads import MAX_PART_BYTES, MAX_PARTS, MAX_UPLOAD_BYTES

MEBIBYTE = 1 << 20
PART_BYTES = 16 * MEBIBYTE
"""Of a part, unless that would make too many. A file that fits one part is sent whole."""


class UploadPlan(Frozen):
    """What the id of an upload says about it. All sizes are in bytes.

    Attributes:
        key: `uploads/<folder>/<file name>`. Each upload has a folder of its own, because a second
            version of the same key would replace the first one in the search.
        multipart_id: S3's id of the multipart upload; None if the file is sent whole.
        with_checksums: Each part is sent with its SHA-256.
    """

    key: str = Field(pattern=rf"^{UPLOADS}{FOLDER_OF_THE_API}[^/]+$")
    size: int = Field(gt=0, le=MAX_UPLOAD_BYTES)
    part_size: int = Field(gt=0, le=MAX_PART_BYTES)
    multipart_id: str | None = Field(default=None, min_length=1)
    with_checksums: bool = False

    @model_validator(mode="after")
    def _has_few_parts(self) -> Self:
        if self.part_count > MAX_PARTS:
            raise ValueError(f"an upload has at most {MAX_PARTS} parts")
        return self

    @classmethod
    def of(cls, file_name: str, size: int, *, folder: str, with_checksums: bool = False) -> Self:
        """Plan the fewest parts of whole mebibytes, and at least 16, that S3 allows."""
        smallest = -(-size // (MAX_PARTS * MEBIBYTE)) * MEBIBYTE
        return cls(
            key=f"{UPLOADS}{folder}/{_with_known_case(file_name)}",
            size=size,
            part_size=max(PART_BYTES, smallest),
            with_checksums=with_checksums,
        )

    @classmethod
    def from_id(cls, text: str) -> Self:
        """Raises UploadNotFoundError for a text that `id` never returned."""
        try:
            return opaque_text.decoded(cls, text)
        except ValueError as error:
            raise UploadNotFoundError("there is no such upload") from error

    @property
    def id(self) -> str:
        """The plan as text. It is not signed: whoever may upload may name any folder."""
        return opaque_text.encoded(self)

    @property
    def part_count(self) -> int:
        return -(-self.size // self.part_size)

    def size_of(self, number: int) -> int:
        """Return the size of a part. The last one is what is left. Raises InvalidPartError."""
        if not 1 <= number <= self.part_count:
            raise InvalidPartError(f"there is no part {number}: the last is {self.part_count}")
        return min(self.part_size, self.size - (number - 1) * self.part_size)


def folder_for(caller_id: str, idempotency_key: str | None, request: str) -> str:
    """Return 16 hexadecimal digits: the same for a repeated request, else random ones."""
    if idempotency_key is None:
        return secrets.token_hex(8)
    repeated = f"{caller_id}\n{idempotency_key}\n{request}"
    return hashlib.sha256(repeated.encode()).hexdigest()[:16]


def _with_known_case(file_name: str) -> str:
    """S3 notifies of `.mp4` and of `.MP4`, but not of `.Mp4`: its suffixes are case-sensitive."""
    suffix = PurePosixPath(file_name).suffix
    is_known = suffix in (suffix.lower(), suffix.upper())
    return file_name if is_known else file_name.removesuffix(suffix) + suffix.lower()
