"""Fixtures for every test: an in-memory AWS with the project's resources."""

from __future__ import annotations

import gc
import os
import ssl

# All are read once, when aws_cdk's Node process and the speech engines start: cfn-lint validates
# the templates, and engines with more threads than cores spend their time waiting for each other.
os.environ["CDK_VALIDATION"] = "false"
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# ruff: isort: split
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import patch
from urllib.parse import urlparse

import boto3
import pytest
from hypothesis import Phase
from hypothesis import settings as hypothesis_settings
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends
from moto.sqs.models import sqs_backends
from xdist.scheduler import LoadScopeScheduling

import moto_shortcuts
from lifestream import resources
from lifestream.aws import clients
from lifestream.media.container_format import identify
from lifestream.media.sandbox import Video
from media_files import SAMPLE

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

# Random examples would make tests fail at random; only `make soak` uses random ones.
hypothesis_settings.register_profile("test", derandomize=True, deadline=None)
hypothesis_settings.register_profile(
    "mutants", derandomize=True, deadline=None, phases=[Phase.explicit, Phase.generate]
)
hypothesis_settings.register_profile("soak", deadline=None, print_blob=True)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "test"))

moto_shortcuts.install()
# Reading the certificates of all authorities takes longer than a request to a local server.
patch.object(ssl, "create_default_context", cache(ssl.create_default_context)).start()

pytest_plugins = ["local_stack"]
REGION = "us-east-1"
BUCKET = "videos"
JOBS = "jobs"
SLOTS = "slots"


@pytest.fixture(autouse=True)
def _own_process() -> Iterator[None]:
    """Reset the settings and clients, which are cached per process, before every test."""
    resources.reset()
    yield
    resources.reset()


PARTS = ("pipeline", "web", "reliability", "infrastructure", "contract", "unit", "local")
"""Folders with the slowest tests first, so that all workers of pytest-xdist end together."""
SHARED = {
    "tests/pipeline/": "the local stack",
    "tests/web/": "another local stack",
    "tests/infrastructure/": "aws_cdk's Node process",
    "tests/contract/test_page": "Chromium",
    "tests/contract/test_api_documentation": "Chromium",
}
"""The expensive set-ups that the tests of these folders and modules share."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):  # a worker of pytest-xdist
        items.sort(key=lambda item: _place(item.path.parent.name))


def _place(folder: str) -> int:
    return PARTS.index(folder) if folder in PARTS else len(PARTS)


class BySetUp(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Runs tests that share a set-up in one worker: the tests of a shared folder or of a module.

    Unit tests share little and come last. Of these, a worker takes one test function at a time.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        if module.startswith("tests/unit/"):
            return nodeid.partition("[")[0]
        return next(
            (shared for folder, shared in SHARED.items() if module.startswith(folder)), module
        )


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> BySetUp:
    return BySetUp(config, log)


def pytest_collection_finish() -> None:
    """Exclude modules and collected tests from garbage collection, because they are never freed."""
    gc.freeze()


@dataclass
class Aws:
    """moto's AWS with our bucket, table and queues."""

    s3: S3Client
    sqs: SQSClient
    queue_url: str
    dlq_url: str


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    with in_memory_aws(monkeypatch) as made:
        yield made


@contextmanager
def in_memory_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """Use moto's AWS only: the environment must not name any other."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_S3_BUCKET_NAME", BUCKET)
    monkeypatch.setenv("JOBS_TABLE_NAME", JOBS)
    monkeypatch.setenv("SLOTS_TABLE_NAME", SLOTS)
    monkeypatch.setenv("CLUSTER_NAME", "gpu")
    monkeypatch.setattr(clients, "_session", clients_of_our_code)
    with mock_aws():
        s3, sqs = shared_clients().client("s3"), shared_clients().client("sqs")
        _create_bucket()
        _create_table(JOBS, key="job_id", index=INDEX)
        _create_table(SLOTS, key="pool")
        queue, dead = map(_create_queue, ("ingest", "dead"))
        yield Aws(s3=s3, sqs=sqs, queue_url=queue, dlq_url=dead)


@cache
def our_session() -> boto3.Session:
    """Return the only session, because each new one reads all service models again."""
    return moto_shortcuts.unsigned(boto3.Session("test", "test", region_name=REGION))


@cache
def shared_clients() -> boto3.Session:
    """Return a session with shared clients. A test that changes a client must create its own."""
    return with_one_client_each(our_session())


@cache
def clients_of_our_code() -> boto3.Session:
    """Return its session, whose clients outlive a test. They end with `resources.reset` in one."""
    session = boto3.Session("test", "test", region_name=REGION)
    return with_one_client_each(moto_shortcuts.unsigned(session))


def with_one_client_each(session: boto3.Session) -> boto3.Session:
    """Return a session that creates each client once, because that takes longer than most tests.

    The arguments of the first request for a client apply to all requests for it.
    """
    frugal = SimpleNamespace(
        client=_once_each(session.client), resource=_once_each(session.resource)
    )
    return cast("boto3.Session", frugal)


def _once_each(make: Callable[..., Any]) -> Callable[..., Any]:
    made: dict[str, Any] = {}

    def remembered(service: str, **options: Any) -> Any:
        if service not in made:
            made[service] = make(service, **options)
        return made[service]

    return remembered


# Requests to create the same resources for each test would take as long as many of the tests.
INDEX = {
    "IndexName": "recent",
    "KeySchema": [
        {"AttributeName": "kind", "KeyType": "HASH"},
        {"AttributeName": "submitted_at", "KeyType": "RANGE"},
    ],
    "Projection": {"ProjectionType": "ALL"},
}


def _create_bucket() -> None:
    s3 = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    s3.create_bucket(BUCKET, REGION)
    s3.put_bucket_versioning(BUCKET, "Enabled")


def _create_table(name: str, *, key: str, index: dict[str, Any] | None = None) -> None:
    names = [key, *(part["AttributeName"] for part in (index or {}).get("KeySchema", []))]
    dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].create_table(
        name,
        schema=[{"AttributeName": key, "KeyType": "HASH"}],
        attr=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        global_indexes=[index] if index else None,
        billing_mode="PAY_PER_REQUEST",
        throughput=None,
        indexes=None,
        streams=None,
        sse_specification=None,
        tags=[],
        deletion_protection_enabled=None,
        warm_throughput=None,
    )


def _create_queue(name: str) -> str:
    queue = sqs_backends[DEFAULT_ACCOUNT_ID][REGION].create_queue(name)
    return str(queue.url(urlparse(f"https://sqs.{REGION}.amazonaws.com")))


@pytest.fixture(scope="session")
def sample_flac(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the sample's audio, as ExtractAudio writes it."""
    data = SAMPLE.read_bytes()
    flac = tmp_path_factory.mktemp("audio") / "audio.flac"
    container = identify(lambda offset, size: data[offset : offset + size], len(data))
    video = Video(container=container, size=len(data), max_seconds=600)
    with flac.open("wb+") as output:
        video.extract_audio(lambda offset, size: data[offset : offset + size], output)
    return flac
