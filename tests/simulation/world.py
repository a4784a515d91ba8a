"""An empty simulated cloud that runs the handlers of this process."""

from __future__ import annotations

import importlib
import json
import logging
import random
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from aws_lambda_powertools.metrics.provider.cloudwatch_emf import cloudwatch
from moto.moto_api._internal import mock_random

from conftest import JOBS, in_memory_aws, with_one_client_each
from fakes import InlineExecutor
from lifestream import resources
from lifestream.aws import clients, job_rows
from lifestream.media import decoder, sandbox
from lifestream.media.remote_file import RemoteFile
from lifestream.observability import logger
from lifestream.recovery import eraser, erasures
from moto_shortcuts import unsigned
from simulation.cloud import MACHINE_ARN, Cloud
from simulation.faults import Faults, Process, target_of
from simulation.scheduler import Scheduler


@contextmanager
def simulated(seed: int) -> Iterator[Cloud]:
    """Yield a cloud. The same seed leads to the same run."""
    rng = random.Random(seed)
    random.seed(seed)  # JSONata's $random() in the state machine
    scheduler = Scheduler(rng)
    faults = Faults(current=lambda: _process_of(scheduler), sleep=scheduler.sleep)
    mock_random.seed(seed)  # moto's version ids, and so our job ids
    with ExitStack() as stack:
        monkeypatch = stack.enter_context(pytest.MonkeyPatch.context())
        aws = stack.enter_context(in_memory_aws(monkeypatch))
        cloud = Cloud(aws=aws, rng=rng, faults=faults, scheduler=scheduler)
        monkeypatch.setenv("STATE_MACHINE_ARN", MACHINE_ARN)
        monkeypatch.setenv("AWS_SQS_QUEUE_URL", aws.queue_url)
        monkeypatch.setenv("AWS_SQS_DLQ_URL", aws.dlq_url)
        for name in ("JOB_ID", "JOB_ATTEMPT", "EXECUTION_NAME"):
            monkeypatch.setenv(name, "")
        monkeypatch.setenv("DEADLINE_SECONDS", "20000")
        monkeypatch.setenv("CONTAINER_SECONDS", "21600")
        monkeypatch.setenv("STAGE", "dev")
        _set_clocks(cloud, monkeypatch)
        monkeypatch.setattr(cloudwatch, "print", cloud.metrics.read, raising=False)
        monkeypatch.setenv("RECEIPT_KEY", "signs receipts")
        scratch = stack.enter_context(tempfile.TemporaryDirectory())
        monkeypatch.setattr(tempfile, "tempdir", scratch)
        _install_engines(cloud, monkeypatch)
        stack.enter_context(patch.object(logger, "_logger", _logger_into(cloud.log)))
        resources.reset()
        monkeypatch.setattr(clients, "_session", lambda: _session_of(cloud))
        stack.callback(scheduler.abandon)
        yield cloud
        assert not list(Path(scratch).iterdir()), "a temporary file is left"
    resources.reset()


def _set_clocks(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give virtual time to the rows and to the erasures, which compare it with theirs."""
    clock = SimpleNamespace(now=lambda _zone: cloud.now())
    for module in (eraser, erasures, job_rows):
        monkeypatch.setattr(module, "datetime", clock)


def _install_engines(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = importlib.import_module("transcribe_speech.pipeline")
    monkeypatch.setattr(pipeline, "load_transcriber", lambda _: cloud.speech)
    monkeypatch.setattr(pipeline, "load_diarizer", lambda _: cloud.speech)
    monkeypatch.setattr(pipeline, "speech_spans", lambda *_, **__: cloud.speech.spans)
    summarize = importlib.import_module("steps.summarize_transcript")
    monkeypatch.setattr(summarize, "load_summarizer", lambda *_: cloud.summarizer)
    index = importlib.import_module("steps.index_transcript")
    monkeypatch.setattr(index, "load_embedder", lambda *_: cloud.embedder)
    monkeypatch.setattr(sandbox, "run_decoder", decode_here)
    for name in ("steps.inspect_video", "steps.extract_audio"):
        monkeypatch.setattr(importlib.import_module(name), "fetch_pool", InlineExecutor)


def decode_here(request: dict[str, Any], read_at: Any, kind: Any, **_: Any) -> Any:
    """Run the real decoder in this process, which is a hundred times faster."""
    pipe: Any = SimpleNamespace(asked=None)
    pipe.send_bytes = lambda message: setattr(pipe, "asked", json.loads(message)["read"])
    pipe.recv_bytes = lambda: read_at(*pipe.asked)
    file = RemoteFile(pipe, request["size"])
    return kind.model_validate_json(json.dumps(decoder._work(request, file)))


def _session_of(cloud: Cloud) -> boto3.Session:
    session = _hooked_session()
    session.__dict__["simulated"] = cloud
    return session


@cache
def _hooked_session() -> boto3.Session:
    """Return the process's only session, because each new one reads all service models again."""
    session = unsigned(boto3.Session("test", "test", region_name="us-east-1"))
    frugal = with_one_client_each(session)

    def cloud() -> Cloud:
        current: Cloud = frugal.__dict__["simulated"]
        return current

    session.events.register("provide-client-params", _remember)
    session.events.register("before-call", lambda **call: _before(cloud(), **call))
    session.events.register("after-call", lambda **call: _after(cloud(), **call))
    return frugal


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
    if answer is None and model.name == "PutEvents":
        return cloud.publish_end(parameters["Entries"])
    if answer is None and model.service_model.service_name == "ecs":
        return cloud.services.cluster.answer(model.name, parameters)
    return answer


def _after(cloud: Cloud, *, model: Any, context: dict[str, Any], **_: Any) -> None:
    parameters = context["simulated_parameters"]
    changes_queue = model.name in ("SendMessage", "DeleteMessage")
    if changes_queue and parameters["QueueUrl"] == cloud.aws.dlq_url:
        cloud.note_dlq_length()
    if model.name in ("PutItem", "UpdateItem") and parameters["TableName"] == JOBS:
        cloud.watch(target_of(parameters).rpartition("/")[2])
    cloud.faults.after(model.name, parameters)
    cloud.scheduler.switch()


def _logger_into(lines: list[str]) -> logging.Logger:
    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.dumps(record.__dict__, default=str))

    own = logging.Logger("simulated", logging.INFO)  # noqa: LOG001  # gone with the cloud
    own.addHandler(Lines())
    return own
