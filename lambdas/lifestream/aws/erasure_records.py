"""The records of erasures, in the bucket: what is being erased, and receipts of what was.

An open erasure names the video, and is deleted with all its versions when the receipt is written.
Receipts are kept for good and contain no names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from lifestream.aws.object_versions import ObjectVersions
from lifestream.aws.objects import objects_below, read_if_present
from lifestream.domain.bucket_layout import OPEN_ERASURES, RECEIPTS
from lifestream.domain.erasure import ErasureRequest, Receipt

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Model = TypeVar("Model", bound=BaseModel)


class ErasureRecords:
    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def open(self, request: ErasureRequest) -> None:
        """Store what is to be erased: from now on, it will be."""
        self._write(f"{OPEN_ERASURES}{request.job_id}.json", request)

    def close(self, job_id: str) -> None:
        """Delete the open erasure, which names the video."""
        versions = ObjectVersions(self._s3, self._bucket)
        versions.delete(versions.below(f"{OPEN_ERASURES}{job_id}.json"))

    def request(self, job_id: str) -> ErasureRequest | None:
        return self._find(f"{OPEN_ERASURES}{job_id}.json", ErasureRequest)

    def requests(self) -> Iterator[ErasureRequest]:
        """Yield every erasure that is not finished."""
        found = (self._find(key, ErasureRequest) for key in self._keys(OPEN_ERASURES))
        yield from filter(None, found)

    def add(self, receipt: Receipt) -> None:
        self._write(f"{RECEIPTS}{receipt.job_id}.json", receipt)

    def receipt(self, job_id: str) -> Receipt | None:
        return self._find(f"{RECEIPTS}{job_id}.json", Receipt)

    def receipts(self) -> Iterator[Receipt]:
        found = (self._find(key, Receipt) for key in self._keys(RECEIPTS))
        yield from filter(None, found)

    def starting_with(self, prefix: str) -> list[str]:
        """Return the ids of jobs that were or are being erased, by their first characters."""
        keys = (
            key.removeprefix(folder)
            for folder in (OPEN_ERASURES, RECEIPTS)
            for key in self._keys(f"{folder}{prefix}")
        )
        return sorted({key.removesuffix(".json") for key in keys})

    def _keys(self, prefix: str) -> Iterator[str]:
        return (entry["Key"] for entry in objects_below(self._s3, self._bucket, prefix))

    def _find(self, key: str, kind: type[Model]) -> Model | None:
        body = read_if_present(self._s3, self._bucket, key)
        return kind.model_validate_json(body) if body else None

    def _write(self, key: str, model: BaseModel) -> None:
        body = model.model_dump_json().encode()
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/json")
