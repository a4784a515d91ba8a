"""Dispatcher: start one execution per job, however often its message is delivered."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lifestream import resources
from lifestream.aws import clients
from lifestream.domain.job import ProcessingJob
from lifestream.domain.messages import parse_message
from lifestream.domain.metrics import Metric
from lifestream.errors import InvalidMessageError
from lifestream.observability import emit, logger
from lifestream.settings import DispatcherSettings, load

POSTPONED = "job postponed: the cap of the day is reached"
RETRY_SECONDS = 60
POSTPONED_SECONDS = 600
"""How long a message waits that was put back. The reconciler takes a job for lost whose row was not
changed for longer than that (`lifestream.resources.GRACE_PERIOD`)."""


def handler(event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Report which messages of the batch failed, so that SQS deletes the others.

    A failed message returns to the queue; after three receives it goes to the DLQ.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    failed = [record["messageId"] for record in event["Records"] if not dispatch(record)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def dispatch(record: dict[str, Any]) -> bool:
    """Start the message's jobs. False if it failed: then log why, without its content, and let
    SQS deliver it again soon."""
    logger.append_keys(job_id=None, attempt=None)
    try:
        start_jobs(record["body"])
    except Exception as error:  # noqa: BLE001  # one message must not fail the others
        failed = {"message_id": record["messageId"], "error": type(error).__name__}
        logger.error("message failed", extra=failed)  # a traceback quotes the message
        show_again_soon(record["receiptHandle"])
        return False
    return True


def show_again_soon(receipt_handle: str) -> None:
    """Shorten the visibility timeout, which is long because of throttling (ADR 21): this message
    was not throttled. If SQS refuses, the long timeout applies."""
    with suppress(ClientError, BotoCoreError):
        clients.sqs().change_message_visibility(
            QueueUrl=load(DispatcherSettings).queue_url,
            ReceiptHandle=receipt_handle,
            VisibilityTimeout=RETRY_SECONDS,
        )


def put_back(body: str, queue_url: str) -> None:
    """Send the message again, with a delay, before SQS deletes it.

    If it were only received again and again, it would go to the DLQ after three times. A crash
    before the deletion leaves two copies, which lead to the same execution.
    """
    clients.sqs().send_message(QueueUrl=queue_url, MessageBody=body, DelaySeconds=POSTPONED_SECONDS)


def start_jobs(body: str) -> None:
    """Write the row, then start the execution: redelivery repairs a crash in between.

    Raises InvalidMessageError after every usable record of the message was started.
    """
    settings = load(DispatcherSettings)
    parsed = parse_message(body, bucket=settings.bucket)
    outcomes = [start(job, settings) for job in parsed.jobs]
    if POSTPONED in outcomes:
        put_back(body, settings.queue_url)
    if parsed.unusable:
        raise InvalidMessageError("; ".join(parsed.unusable)[:1_000])
    if not parsed.jobs:
        logger.info("message ignored: it is not about an upload")


def start(job: ProcessingJob, settings: DispatcherSettings) -> str:
    """Start the job's execution, unless that is done already or has to wait. Return the outcome."""
    logger.append_keys(job_id=job.job_id, attempt=job.attempt)
    admitted, cap = resources.admission(settings).admit(job), resources.day_cap(settings)
    if admitted is None:
        outcome = "already processed"
    elif cap and not cap.admits(admitted):
        outcome = POSTPONED
    else:
        if resources.executions(settings.state_machine_arn).start(admitted):
            measure_wait(admitted)
        outcome = "execution started"
    logger.info(outcome)
    return outcome


def measure_wait(job: ProcessingJob) -> None:
    """Measure how long the upload waited. A redrive has the time of the upload, so it has no wait
    of its own."""
    if job.attempt == 1:
        waited = (datetime.now(UTC) - job.submitted_at).total_seconds()
        emit({Metric.QUEUE_SECONDS: max(waited, 0.0)}, job_id=job.job_id)
