"""Erase jobs with AWS credentials, or on behalf of a user of the API."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lifestream import resources
from lifestream.aws import clients
from lifestream.aws.api_keys import load_receipt_key
from lifestream.client.short_ids import only_one
from lifestream.domain.erasure import Receipt
from lifestream.domain.job_record import JobRecord
from lifestream.errors import JobNotFoundError, MissingSettingsError, NoErasureError
from lifestream.rest.erasures import Erasure
from lifestream.settings import ClientSettings

if TYPE_CHECKING:
    from lifestream.client.video_service import VideoService


def plan_of(service: VideoService, settings: ClientSettings, job_id: str) -> Erasure:
    """Return what an erasure would find. Of an erased job, return its erasure.

    Raises MissingSettingsError if the deployment cannot erase jobs.
    """
    _eraser_of(settings)
    load_receipt_key(settings.receipt_key_secret)
    try:
        record = service.job(job_id)
    except JobNotFoundError:
        known = resources.erasures(settings).records.starting_with(job_id) if job_id else []
        if not known:
            raise
        return state_of(settings, only_one(known, job_id))
    found, hold = resources.erasures(settings).plan(record), record.hold
    return Erasure(
        job_id=record.job_id, state="planned", found=found, hold=hold.reason if hold else None
    )


def erase(
    service: VideoService, settings: ClientSettings, plans: Sequence[Erasure]
) -> list[Erasure]:
    """Ask for the erasures of these plans, and start the eraser once for all of them."""
    by = clients.sts().get_caller_identity()["Arn"]
    for plan in plans:
        if plan.state == "planned":
            resources.erasures(settings).ask(service.job(plan.job_id), by=by)
    if any(plan.state != "erased" for plan in plans):
        _start_eraser(settings, {})
    return [state_of(settings, plan.job_id) for plan in plans]


def ask_for_erasure(settings: ClientSettings, record: JobRecord, *, by: str) -> Erasure:
    resources.erasures(settings).ask(record, by=by)
    return resume_erasure(settings, record.job_id)


def resume_erasure(settings: ClientSettings, job_id: str) -> Erasure:
    """Return the erasure of a job, and start the eraser if it is not finished.

    Raises JobNotFoundError if there is no such job either.
    """
    try:
        erasure = state_of(settings, job_id)
    except NoErasureError:
        raise JobNotFoundError(f"there is no job {job_id}") from None
    if erasure.state == "open":
        _start_eraser(settings, {"job_id": job_id})
    return erasure


def state_of(settings: ClientSettings, job_id: str) -> Erasure:
    """Return the erasure of a job, with its whole id. Raises NoErasureError."""
    known = resources.erasures(settings).state(job_id)
    if known is None:
        raise NoErasureError(f"nobody erased the job {job_id}")
    if not isinstance(known, Receipt):
        return Erasure(job_id=job_id, state="open", found=known.found)
    return Erasure(
        job_id=job_id,
        state="erased",
        found=known.found,
        receipt=known,
        is_signature_valid=known.is_signed_with(load_receipt_key(settings.receipt_key_secret)),
    )


def full_id(settings: ClientSettings, job_id: str) -> str:
    """Return the id of an erased job by its first characters, or else what was given."""
    known = resources.erasures(settings).records.starting_with(job_id) if job_id else []
    return only_one(known, job_id) if known else job_id


def _start_eraser(settings: ClientSettings, event: dict[str, str]) -> None:
    """Start the eraser. If that fails, its next hourly run does the work."""
    clients.lambda_().invoke(
        FunctionName=_eraser_of(settings),
        InvocationType="Event",
        Payload=json.dumps(event).encode(),
    )


def _eraser_of(settings: ClientSettings) -> str:
    if settings.eraser_function is None:
        raise MissingSettingsError(
            "ERASER_FUNCTION is not set: an older version deployed this stage. Deploy it again"
        )
    return settings.eraser_function
