"""Upload videos: their bytes go to S3 by presigned address, never through the API.

A file of up to 16 MiB is sent whole. A larger one is sent in parts, in any order; a client that
was interrupted lists the parts that S3 has and sends the others. An address ends after an hour, or
with the credentials of the function's role if they end sooner: ask for a new one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from lifestream.api.access import caller_of
from lifestream.api.jobs import found, service
from lifestream.api.upload_plan import UploadPlan, folder_for
from lifestream.aws import clients
from lifestream.aws.multipart import MultipartUploads
from lifestream.client.upload_checks import check_name, check_options
from lifestream.client.upload_form import metadata_of
from lifestream.domain.file_types import content_type
from lifestream.errors import (
    EmptyVideoError,
    InvalidPartError,
    UploadIncompleteError,
    UploadNotFoundError,
    VideoNotFoundError,
)
from lifestream.rest.jobs import Job
from lifestream.rest.uploads import (
    Completion,
    NewUpload,
    SentPart,
    StoredPart,
    Upload,
    WholeUpload,
)
from lifestream.settings import ClientSettings, load

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]  # its constructor has no hints
URL_SECONDS = 3_600
UploadId = Annotated[str, Path(min_length=1, max_length=4_000, description="The upload's id.")]


@router.post(
    "/v1/uploads",
    description="Start an upload. A file that is sent whole becomes a job as soon as it has "
    "arrived; parts have to be completed. A repeated request with the same Idempotency-Key and "
    "body gets the same upload, for as long as that or its video exists.",
)
def create_upload(
    wanted: NewUpload,
    idempotency_key: Annotated[
        str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200)
    ] = None,
) -> Upload:
    _check(wanted)
    caller = caller_of(router.current_event.raw_event)
    folder = folder_for(caller.id, idempotency_key, wanted.model_dump_json())
    plan = UploadPlan.of(
        wanted.file_name, wanted.size, folder=folder, with_checksums=wanted.with_checksums
    )
    if idempotency_key and (job_id := _job_id_of(plan)):
        return _upload(plan, job_id=job_id)
    metadata = metadata_of(wanted.job_options)
    if plan.part_count == 1:
        return _upload(plan, whole=_presigned_put(plan, metadata))
    multipart_id = _multipart_id(plan, metadata, may_be_repeated=idempotency_key is not None)
    return _upload(plan.model_copy(update={"multipart_id": multipart_id}))


@router.post(
    "/v1/uploads/<upload_id>/complete",
    description="Join the parts and get the job. If it is sent again, the job is the same. It "
    "also gives the job of a file that was sent whole, which needs no completion.",
)
def complete_upload(
    upload_id: UploadId, completion: Annotated[Completion | None, Body()] = None
) -> Job:
    plan = UploadPlan.from_id(upload_id)
    sent = completion.parts if completion else None
    return Job.of(found(_completed(plan, sent)))


@router.delete(
    "/v1/uploads/<upload_id>",
    description="Abort an upload and delete its parts. A file that is sent whole has none: its "
    "address just expires.",
    responses={HTTPStatus.NO_CONTENT: {"description": "The upload is aborted.", "content": {}}},
)
def abort_upload(upload_id: UploadId) -> Response[None]:
    plan = UploadPlan.from_id(upload_id)
    if plan.multipart_id:
        multipart_uploads().abort(plan.key, plan.multipart_id)
    return Response(HTTPStatus.NO_CONTENT)


def _upload(
    plan: UploadPlan, *, whole: WholeUpload | None = None, job_id: str | None = None
) -> Upload:
    return Upload(
        id=plan.id,
        key=plan.key,
        whole=whole,
        part_size=plan.part_size,
        part_count=plan.part_count,
        job_id=job_id,
    )


def _check(wanted: NewUpload) -> None:
    check_name(wanted.file_name)
    check_options(wanted.job_options, load(ClientSettings).whisper_model)
    if wanted.size == 0:
        raise EmptyVideoError(f"{wanted.file_name} is empty")


def _multipart_id(plan: UploadPlan, metadata: dict[str, str], *, may_be_repeated: bool) -> str:
    """Begin a multipart upload, unless an earlier request did. Of two at once, the older counts."""
    uploads = multipart_uploads()
    if may_be_repeated and (earlier := uploads.find(plan.key)):
        return earlier
    begun = uploads.begin(
        plan.key,
        content_type=content_type(plan.key),
        metadata=metadata,
        with_checksums=plan.with_checksums,
    )
    return (uploads.find(plan.key) if may_be_repeated else None) or begun


def _presigned_put(plan: UploadPlan, metadata: dict[str, str]) -> WholeUpload:
    stored = {"ContentType": content_type(plan.key), "Metadata": metadata}
    url = clients.s3().generate_presigned_url(
        "put_object",
        Params={"Bucket": _bucket(), "Key": plan.key, "ContentLength": plan.size, **stored},
        ExpiresIn=URL_SECONDS,
    )
    headers = {f"x-amz-meta-{name}": value for name, value in metadata.items()}
    headers["Content-Type"] = content_type(plan.key)
    return WholeUpload(url=url, headers=headers, expires_at=expiry())


def _completed(plan: UploadPlan, sent: Iterable[SentPart] | None) -> str:
    """Return the id of the job. S3 does not know a completed upload any more, only its object."""
    try:
        version_id = _joined(plan, plan.multipart_id, sent) if plan.multipart_id else None
    except UploadNotFoundError:
        if job_id := _job_id_of(plan):
            return job_id
        raise
    try:
        return service().enqueue_upload(plan.key, version_id=version_id).job_id
    except VideoNotFoundError as error:
        raise UploadIncompleteError("the file has not arrived yet") from error


def _joined(plan: UploadPlan, multipart_id: str, sent: Iterable[SentPart] | None) -> str | None:
    """Return the new version. Raises UploadIncompleteError or InvalidPartError."""
    uploads = multipart_uploads()
    stored = {part.number: part for part in uploads.parts(plan.key, multipart_id)}
    given = stored.values() if sent is None else list(sent)
    for part in given:
        _check_part(plan, stored, part)
    numbers = range(1, plan.part_count + 1)
    missing = set(numbers) - {part.number for part in given}
    if missing:
        first = ", ".join(map(str, sorted(missing)[:10]))
        raise UploadIncompleteError(f"{len(missing)} parts are missing: {first}")
    return uploads.complete(plan.key, multipart_id, [stored[n] for n in numbers])


def _check_part(
    plan: UploadPlan, stored: dict[int, StoredPart], part: SentPart | StoredPart
) -> None:
    """Raises InvalidPartError."""
    size, has = plan.size_of(part.number), stored.get(part.number)
    if has is None or has.etag != part.etag.strip('"'):
        raise InvalidPartError(f"S3 has no part {part.number} with the ETag {part.etag}")
    if has.size != size:
        raise InvalidPartError(f"part {part.number} has {has.size} bytes instead of {size}")


def _job_id_of(plan: UploadPlan) -> str | None:
    try:
        return service().enqueue_upload(plan.key).job_id
    except VideoNotFoundError:
        return None


def multipart_uploads() -> MultipartUploads:
    return MultipartUploads(clients.s3(), _bucket())


def _bucket() -> str:
    return load(ClientSettings).bucket


def expiry() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=URL_SECONDS)
