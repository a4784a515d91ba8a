"""The examples in the docstrings of the client, run against an in-memory AWS.

A stand-in for the pipeline publishes and indexes each job as soon as it is enqueued.
"""

from __future__ import annotations

import doctest
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import lifestream.client
from api_server import ApiServer
from builders import a_draft, a_transcript
from cdk_app.local.model_weights import BUILT_IN
from conftest import Aws
from lifestream.aws.queues import QueueService
from lifestream.client import Api, JobOptions, Library, ProcessingJob, VideoService
from lifestream.client.rest.job_requests import JobRequests
from lifestream.domain.citations import verified
from lifestream.domain.summary import Drafted, Usage
from published import index_passages, publish_results
from unit.test_api_jobs import use_state_machine

FLAGS = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
TALK = a_transcript(
    ("SPEAKER_00", "We ship it on Friday."), ("SPEAKER_00", "Then I write the notes today.")
)
MODULES = (
    "connection",
    "library",
    "rest.api",
    "rest.job_requests",
    "results",
    "upload_checks",
    "video_service",
)
EXAMPLES = [
    example
    for module in MODULES
    for example in doctest.DocTestFinder(exclude_empty=True).find(
        importlib.import_module(f"lifestream.client.{module}")
    )
    if example.examples
]


@pytest.fixture(scope="module")
def api_server() -> Iterator[ApiServer]:
    with ApiServer().running() as server:
        yield server


@pytest.fixture
def examples(
    aws: Aws, api_server: ApiServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> dict[str, Any]:
    """Provide the names that the examples use, and their files in the current folder."""
    send = QueueService.send_processing_job

    def send_and_process(queues: QueueService, job: ProcessingJob) -> None:
        send(queues, job)
        process(aws, job)

    monkeypatch.setattr(QueueService, "send_processing_job", send_and_process)
    monkeypatch.setenv("AWS_SQS_QUEUE_URL", aws.queue_url)
    monkeypatch.setenv("AWS_SQS_DLQ_URL", aws.dlq_url)
    monkeypatch.setenv("MODELS_DIR", str(BUILT_IN))
    monkeypatch.chdir(tmp_path)
    Path("talk.mp4").write_bytes(b"video")
    Path("notes.txt").write_bytes(b"my notes")
    monkeypatch.setenv("SUMMARIZATION_ENGINE", "lexrank")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RECEIPT_KEY", "signs receipts")
    use_state_machine(monkeypatch)
    service = VideoService()
    job = service.create_upload_job("talk.mp4")
    return {
        "JobOptions": JobOptions,
        "Path": Path,
        "api": Api(api_server.url, "admin"),
        "job": job,
        "library": Library(),
        "results": service.results(job),
        "service": service,
        "token": "admin",
        "url": api_server.url,
    }


def process(aws: Aws, job: ProcessingJob) -> None:
    transcript = TALK.model_copy(update={"job_id": job.job_id})
    drafted = Drafted(draft=a_draft(title="A release on Friday"), usage=Usage())
    summary = verified(drafted, transcript, engine="example")
    publish_results(aws, job, transcript, summary)
    index_passages(aws, job, transcript)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_prints_what_it_says(example: doctest.DocTest, examples: dict[str, Any]) -> None:
    example.globs = {**example.globs, **examples}
    wrong: list[str] = []

    doctest.DocTestRunner(optionflags=FLAGS).run(example, out=wrong.append)

    assert not wrong, "".join(wrong)


def test_every_public_method_has_an_example() -> None:
    exampled = {example.name.removeprefix("lifestream.client.") for example in EXAMPLES}
    public = {
        f"{kind.__module__.removeprefix('lifestream.client.')}.{kind.__name__}.{name}"
        for kind in (VideoService, lifestream.client.Results, Library, Api, JobRequests)
        for name, member in vars(kind).items()
        if inspect.isfunction(member) and not name.startswith("_")
    }

    assert public - exampled == set()


@pytest.mark.parametrize("name", lifestream.client.__all__)
def test_every_public_name_says_what_it_is(name: str) -> None:
    assert len(inspect.getdoc(getattr(lifestream.client, name)) or "") > 20
