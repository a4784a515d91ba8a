"""Dispatcher: start one execution per job, however often its message is delivered."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from lifestream import resources
from lifestream.aws import clients
from lifestream.domain.messages import parse_message
from lifestream.errors import InvalidMessageError
from lifestream.observability import logger
from lifestream.settings import DispatcherSettings, load

RETRY_SECONDS = 60


def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Return failed messages to the queue; after three receives SQS moves them to the DLQ."""
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return process_partial_response(
        event=event, record_handler=dispatch, processor=processor, context=context
    )


def dispatch(record: SQSRecord) -> None:
    """Log why a message failed, without its content, and let SQS deliver it again."""
    try:
        start_jobs(record)
    except Exception as error:
        failed = {"message_id": record.message_id, "error": type(error).__name__}
        logger.error("message failed", extra=failed)  # a traceback would quote the message
        show_again_soon(record)
        raise


def show_again_soon(record: SQSRecord) -> None:
    """Shorten the visibility timeout, which is long because of throttling (ADR 21).

    This message was not throttled. If SQS refuses, the long timeout applies.
    """
    with suppress(ClientError, BotoCoreError):
        clients.sqs().change_message_visibility(
            QueueUrl=load(DispatcherSettings).queue_url,
            ReceiptHandle=record.receipt_handle,
            VisibilityTimeout=RETRY_SECONDS,
        )


def start_jobs(record: SQSRecord) -> None:
    """Write the row, then start the execution: redelivery repairs a crash in between.

    Raises InvalidMessageError after every usable record of the message was started.
    """
    settings = load(DispatcherSettings)
    parsed = parse_message(record.body, bucket=settings.bucket)
    for job in parsed.jobs:
        admitted = resources.admission(settings).admit(job)
        if admitted:
            resources.executions(settings.state_machine_arn).start(admitted)
        outcome = "execution started" if admitted else "already processed"
        logger.info(outcome, extra={"job_id": job.job_id, "attempt": job.attempt})
    if parsed.unusable:
        raise InvalidMessageError("; ".join(parsed.unusable)[:1_000])
    if not parsed.jobs:
        logger.info("message ignored: it is not about an upload")
