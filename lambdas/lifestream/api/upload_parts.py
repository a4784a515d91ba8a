"""Get addresses for the parts of an upload, and list the parts that S3 has."""

from __future__ import annotations

from collections.abc import Iterable

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from lifestream.api.upload_plan import UploadPlan
from lifestream.api.uploads import URL_SECONDS, UploadId, expiry, multipart_uploads
from lifestream.errors import InvalidPartError
from lifestream.rest.uploads import (
    CHECKSUM,
    PartAddress,
    PartAddresses,
    StoredParts,
    WantedParts,
)

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]  # its constructor has no hints


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
                sha256=sha256,
                expires_seconds=URL_SECONDS,
            ),
            headers={CHECKSUM: sha256} if sha256 else {},
        )
        for number, sha256 in _with_checksums(plan, wanted)
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


def _with_checksums(
    plan: UploadPlan, wanted: WantedParts
) -> Iterable[tuple[int, str] | tuple[int, None]]:
    """Raises InvalidPartError: S3 would refuse the parts."""
    if not plan.with_checksums and wanted.sha256:
        raise InvalidPartError("the upload was not started with checksums")
    if not plan.with_checksums:
        return [(number, None) for number in wanted.numbers]
    if len(wanted.sha256) != len(wanted.numbers):
        raise InvalidPartError("the upload was started with checksums: send one for each part")
    return zip(wanted.numbers, wanted.sha256, strict=True)
