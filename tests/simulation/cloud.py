"""Everything around the handlers: uploads, queue deliveries, executions, events, containers."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import DynamoDBBackend
from moto.sqs.models import SQSBackend

import invariants
from builders import LAMBDA_CONTEXT, sqs_event
from cdk_app.alarms import Source
from conftest import BUCKET, JOBS, SLOTS, Aws
from invariants import PublicState
from lifestream.aws import clients
from lifestream.aws.job_attributes import ERASED_AT
from lifestream.aws.job_table import JobTable
from lifestream.aws.slots import Pool, Slots
from lifestream.client.upload_form import metadata_of
from lifestream.client.video_service import VideoService
from lifestream.domain.bucket_layout import UPLOADS
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.job_ended import JobEnded
from lifestream.domain.options import JobOptions
from lifestream.engines.vector_index.s3 import S3Index
from lifestream.resources import GRACE_PERIOD, reconciler, stuck_work
from lifestream.settings import ClientSettings, OperatorSettings, load
from simulation.account import Account, ThrottledError
from simulation.cluster import Cluster
from simulation.engines import SAID, Embedder, Speech, Summarizer
from simulation.executions import SimulatedExecutions
from simulation.faults import Faults, ProcessKilledError, answer
from simulation.metrics import Metrics, Waiting
from simulation.scheduler import Scheduler
from simulation.services import Services
from simulation.stored_objects import StoredObjects
from simulation.uploads import Message, notification, video_bytes
from triggers import dispatcher, execution_ended
from triggers import reconciler as hourly

MACHINE_ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:pipeline"
MAX_RECEIVES = 3
BATCH = 10
EVENT_DELAY_SECONDS = 5.0
EVENT_ATTEMPTS = 3
POLLERS = 2
"""The maximum concurrency of the event source mapping."""
VISIBILITY_SECONDS = 900.0
ASYNC_RETRY_SECONDS = 6 * 3_600.0


@dataclass
class Cloud:
    """A simulated cloud. `run_until_idle` runs all pending work; `faults.plan` lists the faults."""

    aws: Aws
    rng: random.Random
    faults: Faults
    scheduler: Scheduler
    speech: Speech = field(default_factory=Speech)
    summarizer: Summarizer = field(default_factory=Summarizer)
    embedder: Embedder = field(default_factory=Embedder)
    uploads: list[ProcessingJob] = field(default_factory=list)
    """Every object version. The newest version of a key comes last."""
    inbox: list[Message] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    ends: dict[str, tuple[int, str]] = field(default_factory=dict)
    """The last terminal status of each row, with its attempt."""
    events: list[JobEnded] = field(default_factory=list)
    """The events that the event bus accepted."""
    regressions: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    """Errors of the dispatcher and ExecutionEnded that no fault explains."""
    loses_events: bool = False
    event_copies: int | None = None
    """How often EventBridge reports an end at once. None means once or twice, with a delay."""
    loses_notifications: bool = False
    batch: int = BATCH
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    undelivered: int = 0
    """Events that the webhook did not accept."""

    def __post_init__(self) -> None:
        self.metrics = Metrics(self.scheduler)
        self.account = Account(
            self.scheduler,
            on_throttle=lambda: self.metrics.count("AWS/Lambda", "Throttles", Source.ACCOUNT),
        )
        self.services = Services(self.aws, self.scheduler, self.account, Cluster(now=self.now))
        self.executions = SimulatedExecutions(
            self.scheduler,
            MACHINE_ARN,
            invoke=self.services.invoke,
            on_end=self._execution_ended,
        )

    def now(self) -> datetime:
        """Return the virtual time, which begins when the cloud is created."""
        return self.began + timedelta(seconds=self.scheduler.time)

    # Actions of users and S3

    def upload(
        self, name: str = "talk.mp4", body: bytes | None = None, options: JobOptions | None = None
    ) -> ProcessingJob:
        """Put an object, as any tool can; S3 sends a notification."""
        put = self.aws.s3.put_object(
            Bucket=BUCKET,
            Key=f"{UPLOADS}{name}",
            Body=video_bytes() if body is None else body,
            Metadata=metadata_of(options),
        )
        return self.notify(f"{UPLOADS}{name}", put["VersionId"], put["ETag"])

    def notify(self, key: str, version_id: str, etag: str) -> ProcessingJob:
        job = ProcessingJob.for_upload(
            bucket=BUCKET, key=key, version_id=version_id, etag=etag.strip('"')
        )
        self.uploads.append(job)
        if not self.loses_notifications:
            self.inbox.append(Message(notification(job)))
        return job

    def superseded(self) -> set[str]:
        """Return the jobs of all versions that are not the newest of their key."""
        newest = {job.key: job.job_id for job in self.uploads}
        return {job.job_id for job in self.uploads} - set(newest.values())

    @property
    def service(self) -> VideoService:
        return VideoService(load(ClientSettings))

    def reconcile(self, *, grace_period: timedelta = timedelta(0)) -> dict[str, Any]:
        """Reconcile now, by default including the most recent changes.

        S3 has the real time, which may be ahead of the virtual time at first.
        """
        settings, now = load(OperatorSettings), max(self.now(), datetime.now(UTC))
        repairs = reconciler(settings, grace_period=grace_period)
        found = hourly.reconcile(repairs, stuck_work(settings, now=now))
        return found.model_dump()

    def reconcile_hourly(self, hours: int) -> None:
        """Let the given hours pass, and reconcile at the beginning of each."""
        end = self.scheduler.time + hours * 3_600
        self.scheduler.spawn(lambda: self._hourly(hours))
        self.scheduler.run(until=lambda: self.scheduler.time > end)

    def _hourly(self, hours: int) -> None:
        for _ in range(hours):
            try:
                self.services.in_process(
                    "Reconciler", lambda: self.reconcile(grace_period=GRACE_PERIOD)
                )
            except Exception as error:  # noqa: BLE001  # Lambda's own last resort
                self.note_error(error, Source.RECONCILER)
            self.scheduler.sleep(3_600)

    def forget_rows(self) -> None:
        """Delete all rows, as if they had expired or the job table had been deleted."""
        self.ends.clear()
        for item in clients.table(JOBS).scan()["Items"]:
            clients.table(JOBS).delete_item(Key={"job_id": item["job_id"]})

    def knows(self, job: ProcessingJob) -> bool:
        return self.state.jobs.find(job.job_id) is not None

    def object_keys(self) -> list[str]:
        return StoredObjects().below("")

    def take_all_slots(self) -> None:
        holders = {f"other-{number}" for number in range(100)}
        clients.table(SLOTS).put_item(Item={"pool": Pool.GPU, "holders": holders})

    def free_all_slots(self) -> None:
        clients.table(SLOTS).delete_item(Key={"pool": Pool.GPU})

    # Actions of AWS

    def end_delays(self) -> None:
        """Let the time pass after which SQS shows delayed messages."""
        for queue in get_backend("sqs")[DEFAULT_ACCOUNT_ID]["us-east-1"].queues.values():
            for message in queue._messages:
                message.delayed_until = 0

    def collect(self) -> None:
        """Collect the messages that the code under test sent to the ingest queue."""
        while True:
            answer = self.aws.sqs.receive_message(
                QueueUrl=self.aws.queue_url, MaxNumberOfMessages=10
            )
            if not answer.get("Messages"):
                return
            for message in answer["Messages"]:
                self.inbox.append(Message(message["Body"]))
                self.aws.sqs.delete_message(
                    QueueUrl=self.aws.queue_url, ReceiptHandle=message["ReceiptHandle"]
                )

    def deliver(self, messages: list[Message]) -> None:
        """Invoke the dispatcher once, in its own line of execution."""
        self.scheduler.spawn(lambda: self._dispatch(messages))

    def run_until(self, call: str) -> None:
        """Run until an AWS call that begins with the given text, or until nothing more happens."""
        calls = self.faults.calls
        self.scheduler.run(until=lambda: any(made.startswith(call) for made in calls))

    def run_until_idle(self) -> None:
        """Run until nothing more happens by itself. Batches and order of deliveries are random."""
        while True:
            self.collect()
            if not self.inbox:
                self.scheduler.run()
                self.collect()
                if not self.inbox:
                    return
            self.rng.shuffle(self.inbox)
            if self.account.concurrency is None:
                while self.inbox:
                    self.deliver(self._batch())
            else:
                for _ in range(POLLERS):
                    self.scheduler.spawn(self._poll)
            self.scheduler.run()

    def dlq_messages(self) -> list[str]:
        """Return the bodies of the DLQ messages, which stay in the queue."""
        return [message.body for message in self.service.queues.peek_dlq_messages()]

    def redrive_all(self) -> int:
        """Move all DLQ messages back to the ingest queue, as the SQS console does."""
        queues, dlq_messages = self.service.queues, list(self.service.queues.dlq_messages())
        for dlq_message in dlq_messages:
            queues.redrive(dlq_message)
        return len(dlq_messages)

    @property
    def state(self) -> PublicState:
        return PublicState(
            objects=StoredObjects(),
            bucket=BUCKET,
            jobs=JobTable(clients.table(JOBS)),
            index=S3Index(clients.s3(), BUCKET, embedder=self.embedder.name),
            dlq_messages=self.dlq_messages(),
            executions=self.executions.records,
            log=self.log,
        )

    def publish_end(self, entries: list[dict[str, Any]]) -> tuple[Any, dict[str, Any]]:
        self.events += [JobEnded.model_validate_json(entry["Detail"]) for entry in entries]
        return answer(200, {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})

    def watch(self, job_id: str) -> None:
        """Check a row after a write: an attempt's terminal status is final, SUCCEEDED forever."""
        row = _tables().get_item(JOBS, {"job_id": {"S": job_id}})
        assert row is not None
        if ERASED_AT in row.attrs:
            self.ends.pop(job_id, None)
            return
        attempt, status = int(row.attrs["attempt"].value), str(row.attrs["status"].value)
        ended = self.ends.get(job_id)
        if ended and ended != (attempt, status) and (ended[0] == attempt or "SUCCEEDED" in ended):
            self.regressions.append(f"{job_id}: {ended} became {(attempt, status)}")
        if JobStatus(status).is_terminal:
            self.ends[job_id] = attempt, status

    def check(self, *jobs: ProcessingJob, superseded: Collection[str] = ()) -> None:
        """Check all eight guarantees, and that every slot is free."""
        repeats = sum(kind not in ("throttle", "refuse") for kind, _ in self.faults.happened)
        invariants.check(self.state, jobs, superseded=superseded, secrets=[SAID])
        invariants.check_paid_once(self.summarizer.paid, repeats=repeats)
        if not (self.faults.happened or self.loses_events):
            self.check_events()
        assert self.regressions == [], f"I3: {self.regressions}"
        assert self.unexpected == []
        assert Slots(clients.table(SLOTS)).holders() == set(), "a slot is not free"

    def check_events(self) -> None:
        """Check that an event was published for the end of every job."""
        statuses = {one.event_id: one.status for one in self.events}
        for record in self.state.jobs.since(datetime.min.replace(tzinfo=UTC)):
            if record.status.is_terminal:
                event_id = f"{record.job_id}-{record.attempt}"
                assert statuses.get(event_id) == record.status, f"nobody knows of {record.key}"

    def _batch(self) -> list[Message]:
        size = self.rng.randint(1, min(self.batch, len(self.inbox)))
        batch, self.inbox = self.inbox[:size], self.inbox[size:]
        return batch

    def _poll(self) -> None:
        while self.inbox:
            self._dispatch(self._batch())

    def _dispatch(self, messages: list[Message]) -> None:
        """Invoke the dispatcher. A throttled batch stays hidden for its visibility timeout.

        Lambda's own retries of the batch count as one receive.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
        """
        bodies = [message.body for message in messages]
        for message in messages:
            message.waiting = message.waiting or self._arrived()
        try:
            answer: Any = self.account.invoke(
                "Dispatcher",
                lambda: self.services.in_process(
                    "Dispatcher", lambda: dispatcher.handler(sqs_event(bodies), LAMBDA_CONTEXT)
                ),
                retry_seconds=VISIBILITY_SECONDS,
            )
            failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
        except (ProcessKilledError, Exception) as error:  # noqa: BLE001  # Lambda's own last resort
            self.note_error(error, Source.DISPATCHER)
            failed = {str(number) for number in range(len(messages))}
        for number, message in enumerate(messages):
            if str(number) in failed:
                self._return(message)
            else:
                self._leave(message)

    def _arrived(self) -> Waiting:
        """Count a message as arrived when it is delivered first; until then it only was in S3."""
        self.metrics.waiting.append(Waiting(self.scheduler.time))
        return self.metrics.waiting[-1]

    def _leave(self, message: Message) -> None:
        if message.waiting:
            message.waiting.left = self.scheduler.time

    def _return(self, message: Message) -> None:
        message.receives += 1
        if message.receives < MAX_RECEIVES:
            self.inbox.append(message)
        else:
            self._leave(message)
            self.aws.sqs.send_message(QueueUrl=self.aws.dlq_url, MessageBody=message.body)
            self.note_dlq_length()

    def note_dlq_length(self) -> None:
        length = len(_queues().queues["dead"]._messages)
        self.metrics.note_length(Source.DEAD_LETTER_QUEUE, length)

    def _execution_ended(self, detail: dict[str, Any]) -> None:
        how = "".join(map(str.capitalize, detail["status"].split("_")))
        self.metrics.count("AWS/States", f"Executions{how}", Source.STATE_MACHINE)
        if not self.loses_events:
            for _ in range(self.event_copies or self.rng.randint(1, 2)):
                self.scheduler.spawn(lambda: self._report_end(detail))

    def _report_end(self, detail: dict[str, Any]) -> None:
        for _ in range(EVENT_ATTEMPTS):
            self.scheduler.sleep(
                0 if self.event_copies else self.rng.random() * EVENT_DELAY_SECONDS
            )
            try:
                self.account.invoke(
                    "ExecutionEnded",
                    lambda: self.services.in_process(
                        "ExecutionEnded",
                        lambda: execution_ended.handler({"detail": detail}, None),
                    ),
                    retry_seconds=ASYNC_RETRY_SECONDS,
                )
            except (ProcessKilledError, Exception) as error:  # noqa: BLE001  # Lambda tries again
                self.note_error(error, Source.EXECUTION_ENDED)
            else:
                return

    def note_error(self, error: BaseException, function: Source) -> None:
        """Count the error, and record it if no fault was injected."""
        if not isinstance(error, ThrottledError):
            self.metrics.count("AWS/Lambda", "Errors", function)
        if not (self.faults.happened or isinstance(error, ThrottledError)):
            self.unexpected.append(repr(error))


def _queues() -> SQSBackend:
    """Return moto's queues, to count messages without receiving them."""
    queues: SQSBackend = get_backend("sqs")[DEFAULT_ACCOUNT_ID]["us-east-1"]
    return queues


def _tables() -> DynamoDBBackend:
    """Return moto's tables, to read rows after each write without a request."""
    tables: DynamoDBBackend = get_backend("dynamodb")[DEFAULT_ACCOUNT_ID]["us-east-1"]
    return tables
