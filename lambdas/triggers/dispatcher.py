"""Dispatcher: queue messages in, one execution a job out, however often a message comes."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
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

from lifestream.aws import clients
from lifestream.aws.executions import Executions
from lifestream.aws.job_table import JobTable
from lifestream.domain.messages import jobs_in
from lifestream.errors import InvalidMessageError
from lifestream.observability import logger
from lifestream.recovery.admission import Admission
from lifestream.settings import DispatcherSettings, load

RETRY_SECONDS = 60


def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """A message that fails is returned to the queue alone; after three times it is dead."""
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return process_partial_response(
        event=event, record_handler=dispatch, processor=processor, context=context
    )


def dispatch(record: SQSRecord) -> None:
    """A message that fails comes again, or is dead: the log says why, without its content."""
    try:
        start_jobs(record)
    except Exception as error:
        failed = {"message_id": record.message_id, "error": type(error).__name__}
        logger.error("message failed", extra=failed)  # a traceback quotes the message
        show_again_soon(record)
        raise


def show_again_soon(record: SQSRecord) -> None:
    """The queue hides messages for long, for the sake of those that Lambda throttles (ADR 21).
    This one was not throttled. If SQS refuses, it stays hidden for as long as the others."""
    with suppress(ClientError, BotoCoreError):
        clients.sqs().change_message_visibility(
            QueueUrl=load(DispatcherSettings).queue_url,
            ReceiptHandle=record.receipt_handle,
            VisibilityTimeout=RETRY_SECONDS,
        )


def start_jobs(record: SQSRecord) -> None:
    """First the row, then the execution: a crash in between is repaired by the redelivery.

    Raises InvalidMessageError once everything usable in the message is on its way.
    """
    asked = jobs_in(record.body, bucket=load(DispatcherSettings).bucket)
    for job in asked.jobs:
        admitted = admission().admit(job)
        if admitted:
            executions().start(admitted)
        outcome = "execution started" if admitted else "already processed"
        logger.info(outcome, extra={"job_id": job.job_id, "attempt": job.attempt})
    if asked.unusable:
        raise InvalidMessageError("; ".join(asked.unusable)[:1_000])
    if not asked.jobs:
        logger.info("message ignored: it announces no upload")


@cache
def admission() -> Admission:
    return Admission(JobTable(clients.table(load(DispatcherSettings).jobs_table)), executions())


@cache
def executions() -> Executions:
    settings = load(DispatcherSettings)
    return Executions(clients.step_functions(), settings.state_machine_arn)
