"""One local stack for the tests of the pipeline and of the dashboard: the template, deployed once.

A plugin of pytest, so that the tests of several folders share the stack.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from builders import a_draft
from cdk_app.local.run import Deployment, Outcome
from cdk_app.local.session import EmbeddedAws, Options, embedded_aws
from fakes import Answer, LocalEndpoint, chat_completion
from lifestream import resources
from lifestream.aws import clients
from lifestream.aws.slots import Slots
from lifestream.client.connection import connect
from lifestream.client.video_service import VideoService
from lifestream.domain.bucket_layout import UPLOADS
from lifestream.domain.job import ProcessingJob
from media_files import SAMPLE, convert
from pipeline.grants import Decision, DecisionLog

DRAFT = a_draft(abstract="A", topics=["budget"]).model_dump(mode="json")
WAIT_SCALE = 0.02
PATIENCE_SECONDS = 300


@dataclass
class Pipeline:
    """The deployed stack, used only through boto3 and the client, as its users do."""

    aws: EmbeddedAws
    deployment: Deployment
    openai: LocalEndpoint
    out: Path
    decisions: DecisionLog
    sqs: Any = field(init=False)

    def __post_init__(self) -> None:
        self.sqs = self.aws.session().client("sqs")

    @property
    def s3(self) -> Any:
        return self.deployment.s3

    @property
    def step_functions(self) -> Any:
        return self.deployment.step_functions

    @property
    def bucket(self) -> str:
        return self.aws.outputs["AwsS3BucketName"]

    @property
    def service(self) -> VideoService:
        return self.deployment.service

    def run(self, *videos: Path) -> list[Outcome]:
        return self.deployment.process(videos, out=self.out)

    def run_one(self, video: Path) -> Outcome:
        [outcome] = self.run(video)
        return outcome

    def run_unchecked(self, *videos: Path) -> list[Outcome]:
        """Upload with S3's API and run the job. Our client would refuse unusable files."""
        outcomes = [Outcome(video, self._put(video)) for video in videos]
        return self.deployment.follow(outcomes, out=self.out)

    def _put(self, video: Path) -> ProcessingJob:
        key = f"{UPLOADS}{video.name}"
        put = self.s3.put_object(Bucket=self.bucket, Key=key, Body=video.read_bytes())
        job = ProcessingJob.for_upload(bucket=self.bucket, key=key, version_id=put["VersionId"])
        self.service.queues.send_processing_job(job)
        return job

    def wait_for(self, job: ProcessingJob, *, attempt: int = 1) -> str:
        """Wait for the attempt's execution and return how it ended."""
        name = job.model_copy(update={"attempt": attempt}).execution_name
        machine = self.aws.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            try:
                status = self.step_functions.describe_execution(executionArn=f"{machine}:{name}")
            except self.step_functions.exceptions.ExecutionDoesNotExist:
                time.sleep(0.2)
                continue
            if status["status"] != "RUNNING":
                return str(status["status"])
            time.sleep(0.2)
        raise AssertionError(f"{name} did not end; log:\n{self.aws.log.read_text()[-3000:]}")

    def executions(self, job: ProcessingJob) -> list[str]:
        pages = self.step_functions.get_paginator("list_executions").paginate(
            stateMachineArn=self.aws.outputs["StateMachineArn"]
        )
        names = [execution["name"] for page in pages for execution in page["executions"]]
        return sorted(name for name in names if job.job_id in name)

    def dlq_messages(self, job: ProcessingJob) -> list[dict[str, Any]]:
        """Return the job's DLQ messages, which stay in the queue."""
        found = self.service.queues.peek_dlq_messages()
        bodies = [json.loads(message.body) for message in found]
        return [body for body in bodies if body.get("job_id") == job.job_id]

    def container_starts(self, job: ProcessingJob) -> int:
        """Return the number of container starts in all executions of the job."""
        machine = self.aws.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
        starts = 0
        for name in self.executions(job):
            history = self.step_functions.get_execution_history(
                executionArn=f"{machine}:{name}", maxResults=1000
            )
            starts += sum(
                event["type"] == "TaskScheduled"
                and event["taskScheduledEventDetails"]["resourceType"] == "ecs"
                for event in history["events"]
            )
        return starts

    def container_of(self, job: ProcessingJob) -> int:
        """Wait until a container of the job runs and return the pid of its process."""
        running: list[int] = []

        def is_running() -> bool:
            running[:] = self._containers_of(job)
            return bool(running)

        self.until(is_running, "no container was started")
        return running[0]

    def _containers_of(self, job: ProcessingJob) -> list[int]:
        """Return the pids of the job's running containers: the local stack's runtime ids."""
        session: Any = self.aws.session()
        ecs, cluster = session.client("ecs"), self.aws.outputs["ClusterName"]
        arns = ecs.list_tasks(cluster=cluster)["taskArns"]
        tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
        return [
            int(task["containers"][0]["runtimeId"], 16)
            for task in tasks
            if {"name": "JOB_ID", "value": job.job_id} in _environment(task)
            and task["containers"][0]["lastStatus"] == "RUNNING"
        ]

    def slot_holders(self) -> set[str]:
        return Slots(clients.table(self.aws.outputs["SlotsTableName"])).holders()

    def until(self, condition: Callable[[], object], complaint: str) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > until:
                raise AssertionError(complaint)
            time.sleep(0.1)

    def until_queue_is_empty(self) -> None:
        """Wait until every message of the ingest queue was processed."""

        def is_empty() -> bool:
            counts = self.service.queues.get_queue_attributes()
            return counts["waiting"] == counts["in_flight"] == 0

        self.until(is_empty, "the ingest queue is not empty")

    def keys(self, prefix: str) -> list[str]:
        answer = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [entry["Key"] for entry in answer.get("Contents", ())]


def _environment(task: dict[str, Any]) -> list[dict[str, str]]:
    [override] = task["overrides"]["containerOverrides"]
    return list(override["environment"])


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the first seconds of the sample, which have two speakers."""
    return convert(SAMPLE, tmp_path_factory.mktemp("media") / "clip.mp4", seconds=11.2)


@dataclass(frozen=True)
class Clips:
    """The first seconds of the sample in each kind of file.

    Tests whose subject is not the video use different kinds, so that all kinds pass the pipeline.
    """

    folder: Path

    def __call__(self, suffix: str, *, seconds: float = 2) -> Path:
        path = self.folder / f"{seconds}-seconds{suffix}"
        return path if path.exists() else convert(SAMPLE, path, seconds=seconds)


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    return Clips(tmp_path_factory.mktemp("clips"))


@pytest.fixture(scope="session")
def short_clip(clips: Clips) -> Path:
    """Return two seconds of the sample, for tests whose subject is not what is said."""
    return Path(shutil.copy(clips(".mp4"), clips.folder / "short-clip.mp4"))


@pytest.fixture(scope="session")
def _deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """Deploy with our own OpenAI endpoint, so that a test can break and repair the summary."""
    openai = LocalEndpoint(healthy)
    settings = {
        "OPENAI_BASE_URL": f"{openai.url}/v1",
        "EMBEDDING_ENGINE": "wordllama",
        "VECTOR_INDEX": "s3",
    }
    decisions = tmp_path_factory.mktemp("iam") / "decisions.jsonl"
    options = Options(wait_scale=WAIT_SCALE, settings=settings, decisions=decisions)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OPENAI_API_KEY", "sk-canary-key")
        stack = ExitStack()
        stack.enter_context(openai.running())
        aws = stack.enter_context(embedded_aws(options))
    with stack, pytest.MonkeyPatch.context() as environment:
        for name, value in aws.environment.items():
            environment.setenv(name, value)
        resources.reset()
        deployment = Deployment(
            service=VideoService(connect()),
            step_functions=clients.step_functions(),
            s3=clients.s3(),
            state_machine_arn=aws.outputs["StateMachineArn"],
        )
        log = DecisionLog(decisions)
        pipeline = Pipeline(aws, deployment, openai, tmp_path_factory.mktemp("results"), log)
        environment.undo()
        yield pipeline


@pytest.fixture(scope="session")
def finished(_deployed: Pipeline, clip: Path) -> Outcome:
    """Return a finished job, for tests of the results.

    No other test uploads a video with this name, because a search would find the newer version.
    """
    return _deployed.run_one(Path(shutil.copy(clip, clip.with_name("finished.mp4"))))


@pytest.fixture(scope="session")
def decided(_deployed: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> list[Decision]:
    """Walk every path. Return the decisions during the deployment and the walk, without those of
    other tests."""
    from pipeline.every_path import EveryPath  # which imports this module

    with pytest.MonkeyPatch.context() as environment:
        for name, value in (_deployed.aws.environment | {"EMBEDDING_ENGINE": "wordllama"}).items():
            environment.setenv(name, value)
        resources.reset()
        before = len(_deployed.decisions.read())
        EveryPath(_deployed, tmp_path_factory.mktemp("every-path")).walk()
        during = _deployed.decisions.read()[before:]
    resources.reset()
    return _deployed.decisions.deployment + during


@pytest.fixture
def pipeline(_deployed: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """Return the pipeline, with the environment of a user of this deployment."""
    _deployed.openai.answer = healthy
    for name, value in (_deployed.aws.environment | {"EMBEDDING_ENGINE": "wordllama"}).items():
        monkeypatch.setenv(name, value)
    return _deployed


def healthy(_path: str, _request: dict[str, Any]) -> Answer:
    return chat_completion(json.dumps(DRAFT))
