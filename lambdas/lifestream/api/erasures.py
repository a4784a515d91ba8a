"""Erase jobs, in two requests: the first says what would go, the second confirms it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from lifestream import resources
from lifestream.api.access import Caller, caller_of
from lifestream.api.jobs import JobId
from lifestream.aws.api_keys import load_receipt_key
from lifestream.client.erasure import ask_for_erasure, resume_erasure, state_of
from lifestream.domain.confirmation import is_confirmed, token_for
from lifestream.domain.job_record import JobRecord
from lifestream.errors import ConfirmationError
from lifestream.rest.erasures import Confirmation, Erasure
from lifestream.settings import ClientSettings, load

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]  # its constructor has no hints
VALID_FOR = timedelta(minutes=10)


@router.delete(
    "/v1/jobs/<job_id>",
    description="Erase everything about a job: without `confirm`, only see what would go.",
)
def erase_job(
    job_id: JobId,
    confirm: Annotated[
        str | None, Query(max_length=200, description="The `token` of the first answer.")
    ] = None,
) -> Erasure:
    settings, record = load(ClientSettings), resources.job_table().find(job_id)
    if record is None:
        return resume_erasure(settings, job_id)
    caller, key = caller_of(router.current_event.raw_event), load_receipt_key()
    if confirm is None:
        return _planned(record, caller, key)
    if not is_confirmed(confirm, _subject(record, caller), now=datetime.now(UTC), key=key):
        raise ConfirmationError("the confirmation has expired, or is for something else")
    return ask_for_erasure(settings, record, by=caller.label)


@router.get("/v1/erasures/<job_id>", description="Read the erasure of a job and its receipt.")
def read_erasure(job_id: JobId) -> Erasure:
    return state_of(load(ClientSettings), job_id)


def _planned(record: JobRecord, caller: Caller, key: bytes) -> Erasure:
    until = datetime.now(UTC) + VALID_FOR
    token = token_for(_subject(record, caller), expires_at=until, key=key)
    return Erasure(
        job_id=record.job_id,
        state="planned",
        found=resources.erasures().plan(record),
        hold=record.hold.reason if record.hold else None,
        confirmation=None if record.hold else Confirmation(token=token, expires_at=until),
    )


def _subject(record: JobRecord, caller: Caller) -> str:
    """Return what a token confirms: the attempt that the caller has seen."""
    return f"erase {record.job_id} {record.attempt} {caller.id}"
