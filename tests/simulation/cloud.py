"""Everything around the handlers: uploads, queue deliveries, executions, events, containers."""

from __future__ import annotations

import importlib
import json
import logging
import os
import random
import tempfile
import threading
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import quote_plus

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from moto.moto_api._internal import mock_random

import invariants
from cdk_app.local.states_errors import StateError
from conftest import BUCKET, JOBS, SLOTS, Aws, forget_everything, in_memory_aws
from invariants import PublicState
from lifestream.aws import clients
from lifestream.aws.gpu_slots import GpuSlots
from lifestream.aws.job_table import JobTable
from lifestream.client.video_service import VideoService
from lifestream.domain.job import UPLOADS_PREFIX, ProcessingJob
from lifestream.engines.vector_index.embedded import BucketIndex
from lifestream.media import decoder, sandbox
from lifestream.observability import logger
from lifestream.operations import reconciliation
from lifestream.settings import ClientSettings, OperatorSettings, _read, load
from lifestream.step_names import Step
from media_files import tone
from simulation.engines import SAID, Embedder, Speech, Summarizer
from simulation.executions import SimulatedExecutions
from simulation.faults import Faults, Process, ProcessKilledError
from simulation.scheduler import Scheduler
from triggers import dispatcher, execution_ended

MACHINE_ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:pipeline"
CONTEXT = SimpleNamespace(
    function_name="simulated",
    memory_limit_in_mb=512,
    invoked_function_arn="arn",
    aws_request_id="1",
    get_remaining_time_in_millis=lambda: 1_000,
)
CONTAINER_MAIN = "transcribe_speech.main"
MAX_RECEIVES = 3
BATCH = 10
CONTAINER_SECONDS = 60.0
EVENT_DELAY_SECONDS = 5.0
EVENT_ATTEMPTS = 3


@dataclass
class Message:
    """In the ingest queue; `receives` counts the deliveries so far."""

    body: str
    receives: int = 0


@dataclass
class Cloud:
    """`settle` lets everything happen that can; what is to go wrong is in `faults.plan`."""

    aws: Aws
    rng: random.Random
    faults: Faults
    scheduler: Scheduler
    speech: Speech = field(default_factory=Speech)
    summarizer: Summarizer = field(default_factory=Summarizer)
    embedder: Embedder = field(default_factory=Embedder)
    uploads: list[ProcessingJob] = field(default_factory=list)
    """Every object version; of a key, the newest last."""
    inbox: list[Message] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    container_starts: Counter[str] = field(default_factory=Counter)
    running_containers: int = 0
    peak_containers: int = 0
    loses_events: bool = False
    loses_notifications: bool = False
    batch: int = BATCH
    refusals: list[Exception] = field(default_factory=list)
    """How ECS answers the next requests for a container."""
    does_nothing: bool = False
    """The container ends with success at once."""
    hangs: set[str] = field(default_factory=set)
    """Steps that never answer."""

    def __post_init__(self) -> None:
        self.executions = SimulatedExecutions(
            self.scheduler, MACHINE_ARN, invoke=self._invoke, on_end=self._execution_ended
        )

    # What people and S3 do

    def upload(self, name: str = "talk.mp4", body: bytes | None = None) -> ProcessingJob:
        """Puts the object as any tool does, and S3 notifies."""
        body = video_bytes() if body is None else body
        put = self.aws.s3.put_object(Bucket=BUCKET, Key=f"{UPLOADS_PREFIX}{name}", Body=body)
        return self.notify(f"{UPLOADS_PREFIX}{name}", put["VersionId"], put["ETag"])

    def notify(self, key: str, version_id: str, etag: str) -> ProcessingJob:
        job = ProcessingJob.for_upload(
            bucket=BUCKET, key=key, version_id=version_id, etag=etag.strip('"')
        )
        self.uploads.append(job)
        if not self.loses_notifications:
            self.inbox.append(Message(notification(job)))
        return job

    def superseded(self) -> set[str]:
        """Jobs of versions that are not the newest of their key."""
        newest = {job.key: job.job_id for job in self.uploads}
        return {job.job_id for job in self.uploads} - set(newest.values())

    @property
    def service(self) -> VideoService:
        return VideoService(load(ClientSettings))

    def reconcile(self) -> dict[str, Any]:
        """Now, whatever its age."""
        from datetime import timedelta

        settings = load(OperatorSettings)
        return reconciliation(settings, patience=timedelta(0)).run().model_dump()

    def forget_rows(self) -> None:
        """Somebody has deleted the job table, or its rows have expired."""
        for item in clients.table(JOBS).scan()["Items"]:
            clients.table(JOBS).delete_item(Key={"job_id": item["job_id"]})

    def knows(self, job: ProcessingJob) -> bool:
        return self.state.jobs.find(job.job_id) is not None

    def object_keys(self) -> list[str]:
        pages = self.aws.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        return [entry["Key"] for page in pages for entry in page.get("Contents", ())]

    def take_all_slots(self) -> None:
        holders = {f"other-{number}" for number in range(100)}
        clients.table(SLOTS).put_item(Item={"pool": "gpu", "holders": holders})

    def free_all_slots(self) -> None:
        clients.table(SLOTS).delete_item(Key={"pool": "gpu"})

    # What AWS does

    def collect(self) -> None:
        """Messages that the code under test sent to the ingest queue."""
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
        """One invocation of the dispatcher, in a line of its own."""
        self.scheduler.spawn(lambda: self._dispatch(messages))

    def settle(self) -> None:
        """Until nothing more happens by itself: deliveries in drawn batches and order."""
        while True:
            self.collect()
            if not self.inbox:
                self.scheduler.run()
                self.collect()
                if not self.inbox:
                    return
            self.rng.shuffle(self.inbox)
            while self.inbox:
                size = self.rng.randint(1, min(self.batch, len(self.inbox)))
                batch, self.inbox = self.inbox[:size], self.inbox[size:]
                self.deliver(batch)
            self.scheduler.run()

    def dead_letters(self) -> list[str]:
        """Bodies; all of them stay where they are."""
        queues = self.service.queues
        found = list(queues.dead_letters())
        for message in found:
            queues.release(message)
        return [message.body for message in found]

    def redrive_all(self) -> int:
        """By hand, with nothing but the messages, as the SQS console does it."""
        queues, letters = self.service.queues, list(self.service.queues.dead_letters())
        for letter in letters:
            queues.redrive(letter)
        return len(letters)

    @property
    def state(self) -> PublicState:
        return PublicState(
            s3=clients.s3(),
            bucket=BUCKET,
            jobs=JobTable(clients.table(JOBS)),
            index=BucketIndex(clients.s3(), BUCKET, embedder=self.embedder.name),
            dead_letters=self.dead_letters(),
            executions=self.executions.records,
            log=self.log,
        )

    def check(self, *jobs: ProcessingJob, superseded: Collection[str] = ()) -> None:
        """All seven promises, and that every slot is free."""
        repeats = sum(kind not in ("throttle", "refuse") for kind, _ in self.faults.happened)
        invariants.check(self.state, jobs, superseded=superseded, secrets=[SAID])
        invariants.check_paid_once(self.summarizer.paid, repeats=repeats)
        assert GpuSlots(clients.table(SLOTS)).holders() == set(), "a slot is not free"

    def _dispatch(self, messages: list[Message]) -> None:
        records = [
            {
                "messageId": str(number),
                "receiptHandle": "r",
                "body": message.body,
                "attributes": {},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
            }
            for number, message in enumerate(messages)
        ]
        try:
            answer: Any = self.in_process(
                "Dispatcher",
                lambda: dispatcher.handler({"Records": records}, CONTEXT),  # type: ignore[arg-type]
            )
            failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
        except (ProcessKilledError, Exception):  # noqa: BLE001  # Lambda's own last resort
            failed = {str(number) for number in range(len(messages))}
        for number, message in enumerate(messages):
            if str(number) in failed:
                self._return(message)

    def _return(self, message: Message) -> None:
        message.receives += 1
        if message.receives < MAX_RECEIVES:
            self.inbox.append(message)
        else:
            self.aws.sqs.send_message(QueueUrl=self.aws.dlq_url, MessageBody=message.body)

    def _execution_ended(self, detail: dict[str, Any]) -> None:
        if detail["status"] in ("FAILED", "TIMED_OUT", "ABORTED") and not self.loses_events:
            for _ in range(self.rng.randint(1, 2)):  # EventBridge delivers at least once
                self.scheduler.spawn(lambda: self._tell(detail))

    def _tell(self, detail: dict[str, Any]) -> None:
        for _ in range(EVENT_ATTEMPTS):
            self.scheduler.sleep(self.rng.random() * EVENT_DELAY_SECONDS)
            with suppress(ProcessKilledError, Exception):  # Lambda tries again
                self.in_process(
                    "ExecutionEnded", lambda: execution_ended.handler({"detail": detail}, None)
                )
                return

    def in_process(self, name: str, call: Any, cancelled: threading.Event | None = None) -> Any:
        """In a process of its own, which a fault may kill."""
        line = self.scheduler.current
        assert line is not None
        outer, line.process = line.process, Process(name, cancelled)
        try:
            return call()
        finally:
            line.process = outer

    def _invoke(self, resource: str, arguments: Any, cancelled: threading.Event) -> Any:
        if resource.endswith("sqs:sendMessage"):
            return self._send(arguments)
        if resource.endswith("dynamodb:updateItem"):
            return self._update(arguments)
        if resource.endswith("ecs:runTask.sync"):
            return self._run_task(arguments, cancelled)
        step = next(step for step in Step if arguments["FunctionName"].startswith(step))
        return {"Payload": self._run_lambda(step, arguments["Payload"], cancelled)}

    def _send(self, arguments: dict[str, Any]) -> Any:
        try:
            self.in_process(
                "StepFunctions",
                lambda: clients.sqs().send_message(
                    QueueUrl=self.aws.dlq_url, MessageBody=arguments["MessageBody"]
                ),
            )
        except ClientError as error:
            raise StateError("SQS.AmazonSQSException", str(error)) from error
        except (ProcessKilledError, ConnectionClosedError):
            raise StateError("SQS.SdkClientException", "no answer") from None
        return {}

    def _update(self, arguments: dict[str, Any]) -> Any:
        try:
            self.in_process(
                "StepFunctions",
                lambda: clients.table(SLOTS).meta.client.update_item(
                    **arguments
                    | {"TableName": SLOTS, "Key": {"pool": "gpu"}}
                    | {"ExpressionAttributeValues": _plain(arguments["ExpressionAttributeValues"])}
                ),
            )
        except ClientError as error:
            raise StateError(f"DynamoDB.{error.response['Error']['Code']}", str(error)) from error
        except (ProcessKilledError, ConnectionClosedError):
            raise StateError("DynamoDB.SdkClientException", "no answer") from None
        return {}

    def _run_lambda(self, step: Step, payload: Any, cancelled: threading.Event) -> Any:
        handler = importlib.import_module(f"steps.{step.module_name}").handler
        if step in self.hangs:
            self.scheduler.wait_until(cancelled.is_set, None)
        try:
            answer = self.in_process(
                step, lambda: handler(json.loads(json.dumps(payload)), CONTEXT)
            )
        except ProcessKilledError:
            raise StateError("Runtime.ExitError", '{"errorMessage": "killed"}') from None
        except Exception as error:
            cause = json.dumps({"errorMessage": str(error), "errorType": type(error).__name__})
            raise StateError(type(error).__name__, cause) from error
        return json.loads(json.dumps(answer))

    def _run_task(self, arguments: dict[str, Any], cancelled: threading.Event) -> Any:
        [override] = arguments["Overrides"]["ContainerOverrides"]
        environment = {entry["Name"]: entry["Value"] for entry in override["Environment"]}
        job_id = json.loads(environment["JOB"])["job_id"]
        if self.refusals:
            raise self.refusals.pop()
        self.container_starts[job_id] += 1
        self.running_containers += 1
        self.peak_containers = max(self.peak_containers, self.running_containers)
        hangs = Step.TRANSCRIBE_SPEECH in self.hangs
        try:
            self.scheduler.wait_until(cancelled.is_set, None if hangs else CONTAINER_SECONDS)
            code = self._exit_code(environment, cancelled)
        finally:
            self.running_containers -= 1
        if code:
            container = {"ExitCode": code}
            reason = {"StoppedReason": "Essential container in task exited"}
            raise StateError("States.TaskFailed", json.dumps(reason | {"Containers": [container]}))
        return {}

    def _exit_code(self, environment: dict[str, str], cancelled: threading.Event) -> int:
        def main() -> int:
            if self.does_nothing:
                return 0
            os.environ["JOB"] = environment["JOB"]
            _read.cache_clear()
            code: int = importlib.import_module(CONTAINER_MAIN).main()
            return code

        try:
            exit_code: int = self.in_process(Step.TRANSCRIBE_SPEECH, main, cancelled)
        except ProcessKilledError:
            return 137
        return exit_code


@contextmanager
def simulated(seed: int) -> Iterator[Cloud]:
    """A cloud with nothing in it, in which the handlers of this process live."""
    rng = random.Random(seed)
    scheduler = Scheduler(rng)
    faults = Faults(current=lambda: _process_of(scheduler))
    mock_random.seed(seed)  # moto's version ids, and so our job ids
    with ExitStack() as stack:
        monkeypatch = stack.enter_context(pytest.MonkeyPatch.context())
        aws = stack.enter_context(in_memory_aws(monkeypatch))
        cloud = Cloud(aws=aws, rng=rng, faults=faults, scheduler=scheduler)
        monkeypatch.setenv("STATE_MACHINE_ARN", MACHINE_ARN)
        monkeypatch.setenv("AWS_SQS_QUEUE_URL", aws.queue_url)
        monkeypatch.setenv("AWS_SQS_DLQ_URL", aws.dlq_url)
        monkeypatch.setenv("JOB", "")
        scratch = stack.enter_context(tempfile.TemporaryDirectory())
        monkeypatch.setattr(tempfile, "tempdir", scratch)
        _install_engines(cloud, monkeypatch)
        stack.enter_context(patch.object(logger, "_logger", _logger_into(cloud.log)))
        forget_everything()
        dispatcher.job_table.cache_clear()
        dispatcher.executions.cache_clear()
        monkeypatch.setattr(clients, "_session", lambda: _session_of(cloud))
        stack.callback(scheduler.abandon)
        yield cloud
        assert not list(Path(scratch).iterdir()), "a temporary file is left"
    forget_everything()


def _install_engines(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    main = importlib.import_module(CONTAINER_MAIN)
    monkeypatch.setattr(main, "load_transcriber", lambda _: cloud.speech)
    monkeypatch.setattr(main, "load_diarizer", lambda _: cloud.speech)
    summarize = importlib.import_module("steps.summarize_transcript")
    monkeypatch.setattr(summarize, "load_summarizer", lambda *_: cloud.summarizer)
    index = importlib.import_module("steps.index_transcript")
    monkeypatch.setattr(index, "load_embedder", lambda *_: cloud.embedder)
    monkeypatch.setattr(sandbox, "converse", decode_here)


def decode_here(request: dict[str, Any], read_at: Any, size: int) -> Any:
    """The real decoder without its process: a hundred times faster, and as good for this."""
    pipe: Any = SimpleNamespace(asked=None)
    pipe.send_bytes = lambda message: setattr(pipe, "asked", json.loads(message)["read"])
    pipe.recv_bytes = lambda: read_at(*pipe.asked)
    return json.loads(json.dumps(decoder._work(request, decoder.RemoteFile(pipe, size))))


@cache
def video_bytes() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return tone(Path(folder) / "tone.mp4", seconds=0.5).read_bytes()


def notification(job: ProcessingJob, event: str = "ObjectCreated:Put") -> str:
    """As S3 writes it, key encoded."""
    entity = {
        "key": quote_plus(job.key),
        "eTag": job.etag,
        "versionId": job.version_id,
        "sequencer": "0055",
    }
    record = {
        "eventSource": "aws:s3",
        "eventName": event,
        "eventTime": "2026-11-23T12:00:00.000Z",
        "s3": {"bucket": {"name": job.bucket}, "object": entity},
    }
    return json.dumps({"Records": [record]})


def _session_of(cloud: Cloud) -> boto3.Session:
    session = _hooked_session()
    session.__dict__["simulated"] = cloud
    return session


@cache
def _hooked_session() -> boto3.Session:
    """One a process, because each reads the descriptions of all services anew."""
    session = boto3.Session("test", "test", region_name="us-east-1")

    def cloud() -> Cloud:
        current: Cloud = session.__dict__["simulated"]
        return current

    session.events.register("provide-client-params", _remember)
    session.events.register("before-call", lambda **call: _before(cloud(), **call))
    session.events.register("after-call", lambda **call: _after(cloud(), **call))
    return session


def _process_of(scheduler: Scheduler) -> Process:
    process = scheduler.current.process if scheduler.current else None
    return process or Process("test")


def _remember(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context["simulated_parameters"] = dict(params)


def _before(cloud: Cloud, *, model: Any, context: dict[str, Any], **_: Any) -> Any:
    cloud.scheduler.switch()
    parameters = context["simulated_parameters"]
    answer = cloud.faults.before(model.name, parameters)
    if answer is None and model.service_model.service_id.hyphenize() == "sfn":
        return cloud.executions.answer(model.name, parameters)
    return answer


def _after(cloud: Cloud, *, model: Any, context: dict[str, Any], **_: Any) -> None:
    cloud.faults.after(model.name, context["simulated_parameters"])
    cloud.scheduler.switch()


def _plain(values: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """DynamoDB's typed values, as the resource's client takes them."""
    return {
        name: set(value["SS"]) if "SS" in value else next(iter(value.values()))
        if "S" in value else int(value["N"])
        for name, value in values.items()
    }  # fmt: skip


def _logger_into(lines: list[str]) -> logging.Logger:
    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.dumps(record.__dict__, default=str))

    own = logging.Logger("simulated", logging.INFO)  # noqa: LOG001  # gone with the cloud
    own.addHandler(Lines())
    return own
