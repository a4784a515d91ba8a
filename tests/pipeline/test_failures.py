"""Failures in the pipeline: missing parts, redrives, killed containers, aborts."""

from __future__ import annotations

import json
import os
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest

from builders import a_failure
from cdk_app.local.run import Outcome
from fakes import api_error
from lifestream.client.redrive import redrive
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.recovery.reconciler import Reconciled
from lifestream.resources import reconciler
from lifestream.settings import OperatorSettings, load
from local_stack import Clips, Pipeline, healthy


def test_a_broken_summary_engine_leaves_a_partial_result_that_a_redrive_completes(
    pipeline: Pipeline, clips: Clips
) -> None:
    pipeline.openai.answer = lambda _path, _request: api_error(500)

    outcome = pipeline.run_one(clips(".m4a"))

    assert outcome.record is not None
    assert outcome.record.status == JobStatus.PARTIAL
    assert outcome.results is not None
    names = {path.name for path in outcome.results.iterdir()}
    assert {"transcript.json", "subtitles.srt", "subtitles.vtt", "result.md"} <= names
    assert "summary.json" not in names
    assert "**Missing:** SummarizeTranscript" in (outcome.results / "result.md").read_text()
    manifest = json.loads((outcome.results / "manifest.json").read_text())
    assert [part["error"] for part in manifest["missing"]] == ["TransientError"]
    [message] = pipeline.dlq_messages(outcome.job)
    assert message["failure"]["step"] == "SummarizeTranscript"
    assert "canary" not in json.dumps(message)

    pipeline.openai.answer = healthy
    assert redrive(pipeline.service, [outcome.job.job_id]) == [outcome.job.job_id]

    assert pipeline.wait_for(outcome.job, attempt=2) == "SUCCEEDED"
    record = pipeline.service.job(outcome.job.job_id)
    assert (record.status, record.attempt) == (JobStatus.SUCCEEDED, 2)
    assert pipeline.container_starts(outcome.job) == 1
    assert pipeline.dlq_messages(outcome.job) == []
    assert f"{outcome.job.results_prefix}summary.json" in pipeline.keys("results/")


@pytest.mark.fault("B10", by="in the local stack", so="nothing happens")
def test_a_redrive_of_a_finished_job_does_nothing(pipeline: Pipeline, finished: Outcome) -> None:
    job, asked = finished.job, len(pipeline.openai.requests)
    stale = job.model_copy(update={"failure": a_failure()})

    pipeline.service.queues.send_processing_job(stale)
    time.sleep(3)

    assert pipeline.executions(job) == [job.execution_name]
    assert pipeline.service.job(job.job_id).status == JobStatus.SUCCEEDED
    assert len(pipeline.openai.requests) == asked


@pytest.mark.fault("D2", by="SIGKILL to the real process", so="it is restarted")
def test_a_killed_container_is_restarted(pipeline: Pipeline, clips: Clips) -> None:
    job = pipeline.service.create_upload_job(clips(".ogg", seconds=11), key="killed.ogg")
    os.kill(pipeline.container_of(job), 9)

    assert pipeline.wait_for(job) == "SUCCEEDED"
    assert pipeline.service.job(job.job_id).status == JobStatus.SUCCEEDED
    assert pipeline.container_starts(job) == 2


@pytest.mark.fault(
    "C9", by="StopExecution while the container runs", so="one DLQ message; no process is left"
)
def test_an_aborted_execution_stops_its_container_and_leaves_one_dlq_message(
    pipeline: Pipeline, clip: Path
) -> None:
    job = pipeline.service.create_upload_job(clip, key="aborted.mp4")
    container = pipeline.container_of(job)
    machine = pipeline.aws.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")

    pipeline.step_functions.stop_execution(executionArn=f"{machine}:{job.execution_name}")

    pipeline.until(lambda: not Path(f"/proc/{container}").exists(), "the container still runs")
    pipeline.until(lambda: pipeline.dlq_messages(job), "there is no DLQ message")
    [dlq_message] = pipeline.dlq_messages(job)
    assert (dlq_message["failure"]["step"], dlq_message["failure"]["error"]) == (
        "TranscribeSpeech",
        "ExecutionAborted",
    )
    assert pipeline.service.job(job.job_id).status == JobStatus.FAILED
    assert pipeline.slot_holders() == set()


@pytest.mark.fault(
    "D1", by="SIGTERM to the real process", so="it reports the interruption and starts over"
)
def test_an_interrupted_container_reports_it_and_starts_over(
    pipeline: Pipeline, clips: Clips
) -> None:
    job = pipeline.service.create_upload_job(clips(".opus", seconds=11), key="interrupted.OPUS")
    container = pipeline.container_of(job)
    status = JobStatus.TRANSCRIBING
    pipeline.until(lambda: pipeline.service.job(job.job_id).status == status, "it does not work")

    os.kill(container, signal.SIGTERM)

    assert pipeline.wait_for(job) == "SUCCEEDED"
    assert pipeline.service.job(job.job_id).attempt == 1
    assert pipeline.container_starts(job) == 2
    report = pipeline.s3.get_object(
        Bucket=pipeline.bucket, Key=f"jobs/{job.job_id}/TranscribeSpeech/error.json"
    )
    assert json.loads(report["Body"].read())["error"] == "ContainerInterruptedError"


def test_a_cancelled_job_stops_and_leaves_no_dlq_message(pipeline: Pipeline, clip: Path) -> None:
    job = pipeline.service.create_upload_job(clip, key="cancelled.mp4")
    container = pipeline.container_of(job)

    record = pipeline.service.cancel(job.job_id)

    assert record.status == JobStatus.CANCELLED
    pipeline.until(lambda: not Path(f"/proc/{container}").exists(), "the container still runs")
    pipeline.until(lambda: not pipeline.slot_holders(), "the slot is still taken")
    assert pipeline.service.job(job.job_id).status == JobStatus.CANCELLED
    assert pipeline.dlq_messages(job) == []
    assert pipeline.keys(job.results_prefix) == []


@pytest.mark.fault("A14", by="a file name that S3 sends no event for", so="the reconciler finds it")
def test_an_upload_without_a_notification_is_found(pipeline: Pipeline, short_clip: Path) -> None:
    key = "uploads/lost.Mp4"
    put = pipeline.s3.put_object(Bucket=pipeline.bucket, Key=key, Body=short_clip.read_bytes())
    job = ProcessingJob.for_upload(
        bucket=pipeline.bucket, key=key, version_id=put["VersionId"], etag=put["ETag"].strip('"')
    )

    found = reconciler(load(OperatorSettings), grace_period=timedelta(0)).run()

    assert job.job_id in found.delivered
    assert pipeline.wait_for(job) == "SUCCEEDED"
    assert pipeline.executions(job) == [job.execution_name]


def test_the_reconciler_has_the_permissions_that_it_needs(
    pipeline: Pipeline, finished: Outcome
) -> None:
    """It runs with its own role. A finished job needs no repair."""
    functions = pipeline.aws.session().client("lambda")
    [name] = [
        function["FunctionName"]
        for page in functions.get_paginator("list_functions").paginate()
        for function in page["Functions"]
        if function["Handler"] == "triggers.reconciler.handler"
    ]

    answer = functions.invoke(FunctionName=name)

    assert "FunctionError" not in answer
    report = json.loads(answer["Payload"].read())
    assert set(report) == set(Reconciled.model_fields)
    assert finished.job.job_id not in [job for jobs in report.values() for job in jobs]


def test_no_key_and_no_transcript_is_in_any_log(pipeline: Pipeline, finished: Outcome) -> None:
    assert finished.results
    logs = pipeline.aws.session().client("logs")
    lines = [
        event["message"]
        for group in logs.describe_log_groups()["logGroups"]
        for stream in logs.describe_log_streams(logGroupName=group["logGroupName"])["logStreams"]
        for event in logs.get_log_events(
            logGroupName=group["logGroupName"], logStreamName=stream["logStreamName"]
        )["events"]
    ]

    text = "\n".join(lines)
    assert "transcript written" in text
    assert "step finished" in text
    for secret in ("sk-canary-key", "good morning", "forty thousand"):
        assert secret not in text
