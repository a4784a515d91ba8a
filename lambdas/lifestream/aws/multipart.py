"""Let others upload an object to S3 in parts, in any order, by presigned address.

S3 keeps the parts until the upload is completed or aborted. The bucket aborts it after two days.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TypedDict

from botocore.exceptions import ClientError

from lifestream.errors import InvalidPartError, UploadNotFoundError
from lifestream.rest.uploads import StoredPart

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

INVALID_PART = ("EntityTooSmall", "EntityTooLarge", "InvalidPart", "InvalidPartOrder")


class MultipartUploads:
    """Multipart uploads into one bucket, each named by its key and the id that S3 gave it.

    Every method but `begin` and `find` raises UploadNotFoundError for an unknown id.
    """

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def begin(
        self, key: str, *, content_type: str, metadata: Mapping[str, str], with_checksums: bool
    ) -> str:
        """`with_checksums`: S3 takes only parts that are sent with their SHA-256, or none such.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
        """
        algorithm: _Algorithm = {"ChecksumAlgorithm": "SHA256"} if with_checksums else {}
        answer = self._s3.create_multipart_upload(
            Bucket=self._bucket, Key=key, ContentType=content_type, Metadata=metadata, **algorithm
        )
        return answer["UploadId"]

    def find(self, key: str) -> str | None:
        """Return the id of the oldest upload to this key that is in progress."""
        answer = self._s3.list_multipart_uploads(Bucket=self._bucket, Prefix=key)
        found = [one for one in answer.get("Uploads", ()) if one["Key"] == key]
        oldest = min(found, key=lambda one: (one["Initiated"], one["UploadId"]), default=None)
        return oldest["UploadId"] if oldest else None

    def presigned_url(  # what is signed
        self,
        key: str,
        upload_id: str,
        *,
        number: int,
        size: int,
        sha256: str | None,
        expires_seconds: int,
    ) -> str:
        """Return an address to which exactly `size` bytes can be PUT as part `number`.

        With their SHA-256 in base64, the request must have it in a header, and S3 compares.
        """
        part: dict[str, object] = {"PartNumber": number, "ContentLength": size}
        if sha256 is not None:
            part["ChecksumSHA256"] = sha256
        return self._s3.generate_presigned_url(
            "upload_part",
            Params={"Bucket": self._bucket, "Key": key, "UploadId": upload_id, **part},
            ExpiresIn=expires_seconds,
        )

    def parts(self, key: str, upload_id: str) -> tuple[StoredPart, ...]:
        """Return the parts that S3 has, in order of number."""
        with _named_errors():
            pages = self._s3.get_paginator("list_parts").paginate(
                Bucket=self._bucket, Key=key, UploadId=upload_id
            )
            return tuple(
                StoredPart(
                    number=one["PartNumber"],
                    size=one["Size"],
                    etag=one["ETag"].strip('"'),
                    sha256=one.get("ChecksumSHA256"),
                )
                for page in pages
                for one in page.get("Parts", ())
            )

    def complete(self, key: str, upload_id: str, parts: Iterable[StoredPart]) -> str | None:
        """Join the parts, and return the new version of the object. Raises InvalidPartError."""
        with _named_errors():
            answer = self._s3.complete_multipart_upload(
                Bucket=self._bucket,
                Key=key,
                UploadId=upload_id,
                MultipartUpload={"Parts": [_completed(one) for one in parts]},
            )
        return answer.get("VersionId")

    def abort(self, key: str, upload_id: str) -> None:
        """Delete the parts. The id is unknown from then on."""
        with _named_errors():
            self._s3.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload_id)


class _Algorithm(TypedDict, total=False):
    ChecksumAlgorithm: Literal["SHA256"]


def _completed(part: StoredPart) -> CompletedPartTypeDef:
    named: CompletedPartTypeDef = {"PartNumber": part.number, "ETag": part.etag}
    return {**named, "ChecksumSHA256": part.sha256} if part.sha256 else named


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "NoSuchUpload":
            raise UploadNotFoundError("the upload was completed, aborted or has expired") from error
        if code in INVALID_PART:
            raise InvalidPartError(f"S3 refused a part: {code}") from error
        raise
