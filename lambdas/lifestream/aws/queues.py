"""Send, receive and redrive the messages of the ingest queue and the dead-letter queue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from lifestream.domain.job import ProcessingJob

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LONG_POLL_SECONDS = 20
QueueCount = Literal["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
COUNTS: tuple[QueueCount, ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
)


@dataclass(frozen=True)
class ReceivedMessage:
    """A message from a queue. `body` may hold anything; `receipt` deletes the message."""

    body: str
    receipt: str
    sent_at: datetime


class QueueService:
    """The ingest queue and its dead-letter queue."""

    def __init__(self, sqs: SQSClient, *, queue_url: str, dlq_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._dlq_url = dlq_url

    def send_processing_job(self, job: ProcessingJob) -> None:
        self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=job.model_dump_json())

    def receive_job(self, *, wait_seconds: int = LONG_POLL_SECONDS) -> ReceivedMessage | None:
        """Return a message of the ingest queue. Others see it after its visibility timeout."""
        return next(self._receive(self._queue_url, wait_seconds), None)

    def delete_job(self, message: ReceivedMessage) -> None:
        self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message.receipt)

    def send_to_dlq(self, job: ProcessingJob) -> None:
        self._sqs.send_message(QueueUrl=self._dlq_url, MessageBody=job.model_dump_json())

    def get_queue_attributes(self) -> dict[str, int]:
        """Return how many messages wait, are in flight, and are in the dead-letter queue."""
        counts = self._counts(self._queue_url, COUNTS)
        dead = self._counts(self._dlq_url, COUNTS)
        return {"waiting": counts[0], "in_flight": counts[1], "dead": sum(dead)}

    def dlq_messages(self) -> Iterator[ReceivedMessage]:
        """Yield every message of the dead-letter queue that is visible now. None is deleted."""
        while batch := list(self._receive(self._dlq_url, 0, limit=10)):
            yield from batch

    def holds_dlq_message(self, job_id: str, attempt: int) -> bool:
        """Return whether the dead-letter queue holds the message of this attempt.

        Messages that another reader holds are not seen. A message without a failure was moved by
        the ingest queue's redrive policy and does not count.
        """
        jobs = (job_in(message) for message in self.peek_dlq_messages())
        return any(
            job.failure is not None and (job.job_id, job.attempt) == (job_id, attempt)
            for job in jobs
            if job
        )

    def hidden_dlq_messages(self) -> int:
        """Return how many DLQ messages another reader holds now. They cannot be received."""
        [hidden] = self._counts(self._dlq_url, COUNTS[1:])
        return hidden

    def delete_dlq_message(self, message: ReceivedMessage) -> None:
        self._sqs.delete_message(QueueUrl=self._dlq_url, ReceiptHandle=message.receipt)

    def peek_dlq_messages(self) -> list[ReceivedMessage]:
        """Return all visible DLQ messages, and make them visible to other readers again at once."""
        messages = list(self.dlq_messages())
        for message in messages:
            self.release(message)
        return messages

    def redrive(self, message: ReceivedMessage) -> None:
        """Move a message back to the ingest queue.

        It is sent before it is deleted. A crash in between leaves it in both queues, which is
        harmless: both lead to the same execution name.
        """
        self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=message.body)
        self._sqs.delete_message(QueueUrl=self._dlq_url, ReceiptHandle=message.receipt)

    def release(self, message: ReceivedMessage) -> None:
        """Leave a DLQ message in the queue, visible to the next reader at once."""
        self._sqs.change_message_visibility(
            QueueUrl=self._dlq_url, ReceiptHandle=message.receipt, VisibilityTimeout=0
        )

    def _receive(self, url: str, wait_seconds: int, limit: int = 1) -> Iterator[ReceivedMessage]:
        answer = self._sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=limit,
            WaitTimeSeconds=wait_seconds,
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        for message in answer.get("Messages", ()):
            sent_at = datetime.fromtimestamp(
                int(message["Attributes"]["SentTimestamp"]) / 1_000, tz=UTC
            )
            yield ReceivedMessage(message["Body"], message["ReceiptHandle"], sent_at)

    def _counts(self, url: str, names: tuple[QueueCount, ...]) -> list[int]:
        answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names))
        return [int(answer["Attributes"][name]) for name in names]


def job_in(message: ReceivedMessage) -> ProcessingJob | None:
    """Return the job in a message, or None if it is a raw event that never became a job."""
    try:
        return ProcessingJob.model_validate_json(message.body)
    except ValidationError:
        return None
