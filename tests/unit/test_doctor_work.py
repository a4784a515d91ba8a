"""`lifestream doctor` runs the container's check as a task, and a video of two seconds."""

from __future__ import annotations

from typing import Any

import pytest

from aws_answers import stubbed
from builders import a_failure
from conftest import BUCKET, JOBS, Aws
from deployed_stage import keys_of, settings_of, stage_of
from lifestream.aws import clients
from lifestream.aws.job_table import JobTable
from lifestream.client.doctor.check_task import check_container, run_task_request
from lifestream.client.doctor.findings import Check, Finding, Verdict, examine
from lifestream.client.doctor.parts import parts_expected, parts_made
from lifestream.client.doctor.round_trip import unsuccessful, upload, wait
from lifestream.client.video_service import VideoService
from lifestream.domain.job import JobStatus
from lifestream.domain.options import JobOptions
from lifestream.domain.parts import SwitchedOff
from lifestream.domain.transcript import Engines, Source
from lifestream.rendering.manifest import Manifest
from lifestream.settings import (
    DoctorSettings,
    IndexSettings,
    SummarySettings,
)

OK, NOTE, WARNING, FAILED = Verdict.OK, Verdict.NOTE, Verdict.WARNING, Verdict.FAILED


TASK = "arn:aws:ecs:us-east-1:123456789012:task/speech/1dc5c17a422b4dc4b493371970c6c4d6"
CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/speech"


@pytest.fixture
def settings(aws: Aws) -> DoctorSettings:
    return settings_of(aws)


def task(status: str, **more: Any) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html"""
    container = {"name": "TranscribeSpeech", "lastStatus": status}
    if "exit_code" in more:
        container["exitCode"] = more.pop("exit_code")
    return {
        "taskArn": TASK,
        "clusterArn": CLUSTER,
        "lastStatus": status,
        "desiredStatus": "RUNNING",
        "containers": [container],
        **more,
    }


def ecs_of(*descriptions: dict[str, Any], failures: tuple[dict[str, str], ...] = ()) -> Any:
    started = [] if failures else [task("PROVISIONING")]
    answers: list[tuple[str, dict[str, Any]]] = [
        ("run_task", {"tasks": started, "failures": list(failures)})
    ]
    answers += [("describe_tasks", {"tasks": [one], "failures": []}) for one in descriptions]
    if descriptions and descriptions[-1]["lastStatus"] != "STOPPED":
        answers.append(("stop_task", {"task": descriptions[-1]}))
    return stubbed("ecs", *answers)


def logs_of(text: str) -> Any:
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html"""
    events = [{"timestamp": 1, "message": line, "ingestionTime": 2} for line in text.splitlines()]
    return stubbed("logs", ("get_log_events", {"events": events}))


def check_of(
    settings: DoctorSettings, ecs: Any, logs: Any = None, timeout_seconds: float = 60
) -> Finding:
    stage = stage_of(settings, ecs=ecs, logs=logs or logs_of(""))
    run = Check(
        "container check",
        lambda: check_container(stage, timeout_seconds=timeout_seconds, poll_seconds=0),
    )
    [finding] = examine([run])
    return finding


PASSED = (
    "recognition: faster-whisper/tiny on cuda, 9.1 s\ndiarization: pyannote.audio/x on cuda, 3 s"
)
WRONG = """\
libraries: faster-whisper 1.2.1, CTranslate2 4.8.5, 2.0 s
recognition: ModelMissingError: no model in /opt/models/large-v3-turbo: model.bin is missing
  Fetch the model with `lifestream models`, then redrive the job.
diarization: GpuDriverError: torch: no NVIDIA driver
  Use a GPU host whose driver supports CUDA 12, or deploy with -c compute=cpu."""


def test_a_check_that_passes_says_what_works(settings: DoctorSettings) -> None:
    waited = [task("PROVISIONING"), task("RUNNING"), task("STOPPED", exit_code=0)]

    finding = check_of(settings, ecs_of(*waited), logs_of(PASSED))

    assert finding.verdict is OK
    assert "faster-whisper/tiny on cuda" in finding.detail


def test_a_check_that_fails_says_what_is_wrong_and_what_to_do(settings: DoctorSettings) -> None:
    stopped = task("STOPPED", exit_code=1, stopCode="EssentialContainerExited")

    finding = check_of(settings, ecs_of(stopped), logs_of(WRONG))

    assert finding.verdict is FAILED
    assert finding.detail.startswith("exit code 1; recognition: ModelMissingError: no model in")
    assert "libraries" not in finding.detail
    assert finding.advice == (
        "Copy the model there with `lifestream models`. "
        "Use a GPU host whose driver supports CUDA 12, or deploy with -c compute=cpu."
    )


def test_a_check_without_a_log_names_the_log_group(settings: DoctorSettings) -> None:
    stopped = task("STOPPED", exit_code=137, stopCode="EssentialContainerExited")
    logs = stubbed("logs", ("get_log_events", {"Error": "ResourceNotFoundException"}))

    finding = check_of(settings, ecs_of(stopped), logs)

    assert finding.detail == "exit code 137"
    assert finding.advice == "Read the log group speech-logs"


def test_a_task_that_found_no_host_says_why(settings: DoctorSettings) -> None:
    stopped = task("STOPPED", stopCode="TaskFailedToStart", stoppedReason="no capacity for g6")

    finding = check_of(settings, ecs_of(stopped))

    assert (finding.verdict, finding.detail) == (
        FAILED,
        "the task did not start: no capacity for g6",
    )
    assert "make preflight" in finding.advice


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("PROVISIONING", "no host became available: the task was stopped while PROVISIONING"),
        ("RUNNING", "the task is stopped: it was still RUNNING"),
    ],
)
def test_waiting_for_a_task_has_a_timeout(settings: DoctorSettings, status: str, says: str) -> None:
    ecs = ecs_of(task(status))

    finding = check_of(settings, ecs, timeout_seconds=0)

    assert (finding.verdict, finding.detail) == (FAILED, says)


def test_a_task_that_ecs_rejects_is_named(settings: DoctorSettings) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html"""
    ecs = ecs_of(failures=({"arn": CLUSTER, "reason": "RESOURCE:GPU"},))

    finding = check_of(settings, ecs)

    assert (finding.verdict, "does not start the task: RESOURCE:GPU" in finding.detail) == (
        FAILED,
        True,
    )


def test_fargate_needs_a_network_and_a_gpu_host_must_not_have_one(settings: DoctorSettings) -> None:
    on_fargate = run_task_request(settings.model_copy(update={"compute": "cpu"}))

    network = on_fargate["networkConfiguration"]["awsvpcConfiguration"]
    assert network["subnets"] == ["subnet-1", "subnet-2"]
    assert network["assignPublicIp"] == "ENABLED"
    assert "networkConfiguration" not in run_task_request(settings)
    assert "launchType" not in on_fargate


def test_an_unfinished_job_is_left_running(settings: DoctorSettings) -> None:
    service = VideoService(settings)
    job = upload(service)

    finding = unsuccessful(wait(service, job, timeout_seconds=0, poll_seconds=0), " --stage dev")

    assert finding.verdict is FAILED
    assert finding.detail == "not finished yet: QUEUED"
    assert finding.advice == f"Follow it: lifestream status {job.short_id} --stage dev --watch"


def test_a_failed_job_says_why_and_stays(settings: DoctorSettings, aws: Aws) -> None:
    service = VideoService(settings)
    job = upload(service)
    failure = a_failure().model_copy(update={"advice": "Wait."})
    JobTable(clients.table(JOBS)).fail(job, JobStatus.FAILED, failure, None)

    finding = unsuccessful(wait(service, job, timeout_seconds=60, poll_seconds=0), " --stage dev")

    assert finding.detail == "FAILED: TransientError in SummarizeTranscript: busy"
    assert finding.advice == f"Wait. (lifestream redrive {job.short_id} --stage dev)"
    assert aws.s3.head_object(Bucket=BUCKET, Key=job.key)["ContentLength"] < 20_000


def test_a_cancelled_job_is_a_failed_check(settings: DoctorSettings) -> None:
    service = VideoService(settings)
    job = upload(service)
    JobTable(clients.table(JOBS)).cancel(job)

    finding = unsuccessful(wait(service, job, timeout_seconds=60, poll_seconds=0), " --stage dev")

    assert (finding.verdict, finding.detail) == (FAILED, "it is CANCELLED")


def test_a_switched_off_part_is_a_note() -> None:
    manifest = Manifest(
        job_id="a",
        status=JobStatus.SUCCEEDED,
        source=Source(bucket=BUCKET, key="uploads/a.mp4", version_id="v1", etag="e"),
        duration_seconds=2.0,
        options=JobOptions(),
        engines=Engines(transcription="faster-whisper/tiny", diarization="pyannote.audio/x"),
        summary_engine=None,
        summary_usage=None,
        indexed=None,
        code_version="1",
        files=(),
        missing=(),
        switched_off=(
            SwitchedOff(part="summary", reason="OPENAI_API_KEY is not set"),
            SwitchedOff(part="index", reason="VECTOR_INDEX is off"),
        ),
    )

    transcript, summary, index = parts_made(manifest)

    assert transcript.verdict is OK
    assert (summary.what, summary.verdict, index.verdict) == ("summary", NOTE, NOTE)
    assert summary.detail == "switched off, OPENAI_API_KEY is not set"
    assert index.detail == "switched off, VECTOR_INDEX is off"


@pytest.mark.parametrize(
    ("keys", "engines", "says"),
    [
        (
            {},
            ("auto", "auto"),
            ["note: switched off, OPENAI_API_KEY", "note: switched off, OPENAI"],
        ),
        (
            {"OPENAI_API_KEY": "sk-1"},
            ("auto", "auto"),
            ["ok: openai/gpt-4o-mini", "ok: openai/text-embedding-3-small in the bucket"],
        ),
        (
            {"OPENAI_API_KEY": "sk-1", "PINECONE_API_KEY": "pc-1"},
            ("off", "auto"),
            ["note: switched off by its setting", "ok: openai/text-embedding-3-small in Pinecone"],
        ),
        (
            {},
            ("lexrank", "off"),
            ["ok: the built-in engine, lexrank", "note: switched off by its setting"],
        ),
    ],
)
def test_without_a_round_trip_settings_and_keys_say_what_a_job_would_get(
    settings: DoctorSettings,
    keys: dict[str, str],
    engines: tuple[Any, Any],
    says: list[str],
) -> None:
    stage = stage_of(settings)
    stage.keys = keys_of(**keys)
    stage.summary = SummarySettings(summarization_engine=engines[0])
    stage.index = IndexSettings(vector_index=engines[1])

    said = [f"{f.verdict}: {f.detail}" for f in parts_expected(stage)]

    assert all(map(str.startswith, said, says)), said
