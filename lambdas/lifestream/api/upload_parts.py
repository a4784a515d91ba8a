"""Get addresses for the parts of an upload, and list the parts that S3 has."""

from __future__ import annotations

from datetime import datetime

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import Field

from lifestream.api.upload_plan import UploadPlan
from lifestream.api.uploads import URL_SECONDS, PartNumber, UploadId, expiry, multipart_uploads
from lifestream.aws.multipart import StoredPart
from lifestream.domain.base import Frozen
from lifestream.errors import InvalidPartError

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]  # its constructor has no hints
MAX_URLS = 100


class WantedParts(Frozen):
    """The numbers of the parts that are to be sent next. The first part has number 1."""

    numbers: tuple[PartNumber, ...] = Field(min_length=1, max_length=MAX_URLS)


class PartAddress(Frozen):
    """Where to PUT a part of exactly `size` bytes. S3 answers with its `ETag`."""

    number: int
    size: int
    url: str


class PartAddresses(Frozen):
    parts: tuple[PartAddress, ...]
    expires_at: datetime


class StoredParts(Frozen):
    """The parts that S3 has."""

    parts: tuple[StoredPart, ...]


@router.post("/v1/uploads/<upload_id>/parts", description="Get addresses to send parts to.")
def presign_parts(upload_id: UploadId, wanted: WantedParts) -> PartAddresses:
    plan, multipart_id = _in_parts(upload_id)
    parts = (
        PartAddress(
            number=number,
            size=plan.size_of(number),
            url=multipart_uploads().presigned_url(
                plan.key,
                multipart_id,
                number=number,
                size=plan.size_of(number),
                expires_seconds=URL_SECONDS,
            ),
        )
        for number in wanted.numbers
    )
    return PartAddresses(expires_at=expiry(), parts=tuple(parts))


@router.get("/v1/uploads/<upload_id>/parts", description="List the parts that S3 has.")
def list_parts(upload_id: UploadId) -> StoredParts:
    plan, multipart_id = _in_parts(upload_id)
    return StoredParts(parts=multipart_uploads().parts(plan.key, multipart_id))


def _in_parts(upload_id: str) -> tuple[UploadPlan, str]:
    """Raises InvalidPartError for a file that is sent whole."""
    plan = UploadPlan.from_id(upload_id)
    if plan.multipart_id is None:
        raise InvalidPartError("this file is sent whole, to the address that its upload names")
    return plan, plan.multipart_id
