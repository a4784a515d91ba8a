"""D: the GPU container and its host."""

from __future__ import annotations

import json

import pytest

from cdk_app.local.asl.errors import StateError
from conftest import BUCKET
from lifestream.aws.artifacts import AUDIO, TRANSCRIPT
from lifestream.domain.bucket_layout import artifact_key
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.metrics import Metric
from lifestream.domain.parts import SwitchedOff
from lifestream.errors import SpeechEngineError
from lifestream.step_names import Step
from simulation.cloud import Cloud
from simulation.faults import Fault
from steps import index_transcript, summarize_transcript

STEP = Step.TRANSCRIBE_SPEECH


def status(cloud: Cloud, job: ProcessingJob) -> JobStatus:
    return cloud.service.job(job.job_id).status


def error(cloud: Cloud, job: ProcessingJob) -> str:
    failure = cloud.service.job(job.job_id).failure
    assert failure is not None
    assert len(cloud.dlq_messages()) == 1
    return failure.error


@pytest.mark.fault(
    "D1", by="SIGTERM, up to twice", so="it starts over, in the same attempt of the job"
)
@pytest.mark.parametrize("times", [1, 2])
def test_an_interrupted_container_starts_over(cloud: Cloud, times: int) -> None:
    cloud.faults.plan = [Fault(f"{STEP} PutObject *{TRANSCRIPT}", "interrupt", times=times)]
    job = cloud.upload()

    cloud.run_until_idle()

    assert (status(cloud, job), cloud.service.job(job.job_id).attempt) == (JobStatus.SUCCEEDED, 1)
    assert cloud.services.container_starts[job.job_id] == times + 1
    assert len(cloud.metrics.printed(Metric.CONTAINER_SECONDS)) == times + 1
    waits = [line for line in cloud.metrics.lines if line.get("pool") == "gpu"]
    assert len(waits) == 1


@pytest.mark.fault("D2", by="killed every time", so="three starts, then one DLQ message")
def test_a_container_that_is_killed_every_time_fails_the_job(cloud: Cloud) -> None:
    """Its slot is released even if EventBridge delivers no event."""
    cloud.loses_events = True
    cloud.faults.plan = [Fault(f"{STEP} PutObject *", "kill before", times=99)]
    job = cloud.upload()

    cloud.run_until_idle()

    assert error(cloud, job) == "States.TaskFailed"
    assert cloud.services.container_starts[job.job_id] == 3


@pytest.mark.fault(
    "D3", by="ECS refuses the task ten times", so="the execution waits; no restart is used up"
)
def test_the_execution_waits_while_ecs_refuses_the_task(cloud: Cloud) -> None:
    refusal = StateError("ECS.AmazonECSException", '{"failures": [{"reason": "RESOURCE:GPU"}]}')
    cloud.services.refusals = [refusal] * 10
    cloud.faults.plan = [Fault(f"{STEP} PutObject *", "kill before", times=2)]
    job = cloud.upload()

    cloud.run_until_idle()

    assert status(cloud, job) == JobStatus.SUCCEEDED
    assert cloud.services.container_starts[job.job_id] == 3


@pytest.mark.fault("D4", by="the image cannot be pulled", so="the DLQ message contains the reason")
def test_an_image_that_cannot_be_pulled_is_reported(cloud: Cloud) -> None:
    reason = "CannotPullContainerError: image not found"
    cloud.services.refusals = [
        StateError("States.TaskFailed", json.dumps({"StoppedReason": reason}))
    ] * 3
    job = cloud.upload()

    cloud.run_until_idle()

    assert error(cloud, job) == "States.TaskFailed"
    failure = cloud.service.job(job.job_id).failure
    assert failure is not None
    assert failure.cause == reason


@pytest.mark.fault("D5", by="the engine runs out of memory", so="restarted, then a named error")
def test_out_of_memory_has_its_own_error(cloud: Cloud) -> None:
    cloud.speech.fails = MemoryError()
    job = cloud.upload()

    cloud.run_until_idle()

    assert error(cloud, job) == "OutOfMemoryError"
    assert cloud.services.container_starts[job.job_id] == 3


@pytest.mark.fault("D6", by="exit code 0 without a transcript", so="FAILED, never SUCCEEDED")
def test_exit_code_0_without_a_transcript_fails_the_job(cloud: Cloud) -> None:
    cloud.services.does_nothing = True
    job = cloud.upload()

    cloud.run_until_idle()

    assert status(cloud, job) == JobStatus.FAILED
    assert error(cloud, job) == "ArtifactMissingError"


@pytest.mark.fault(
    "D7", by="an artifact is cut in half, or missing", so="it is created again, never used"
)
@pytest.mark.parametrize(("step", "name"), [(STEP, TRANSCRIPT), (Step.EXTRACT_AUDIO, AUDIO)])
@pytest.mark.parametrize("is_gone", [False, True])
def test_a_damaged_artifact_is_created_again(
    cloud: Cloud, step: Step, name: str, *, is_gone: bool
) -> None:
    cloud.faults.plan = [Fault(f"{STEP} PutObject *checkpoint.json", "refuse", times=99)]
    if step == STEP:
        cloud.faults.plan = [Fault("PublishResults PutObject *", "refuse", times=99)]
    job = cloud.upload()
    cloud.run_until_idle()
    cloud.faults.plan = []
    key = artifact_key(job.job_id, step, name)
    body = cloud.aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    cloud.aws.s3.delete_object(Bucket=BUCKET, Key=key)
    if not is_gone:
        cloud.aws.s3.put_object(Bucket=BUCKET, Key=key, Body=body[: len(body) // 2])

    cloud.redrive_all()
    cloud.run_until_idle()

    assert status(cloud, job) == JobStatus.SUCCEEDED


@pytest.mark.fault(
    "D8", by="the disk is full", so="a transient error: retried, and no file is left behind"
)
@pytest.mark.parametrize("step", [Step.EXTRACT_AUDIO, STEP])
def test_a_full_disk_is_retried(cloud: Cloud, step: Step) -> None:
    cloud.faults.plan = [Fault(f"{step} *Object *{AUDIO}", "fill disk")]
    job = cloud.upload()

    cloud.run_until_idle()

    assert cloud.faults.happened
    assert status(cloud, job) == JobStatus.SUCCEEDED


@pytest.mark.fault("D10", by="diarization fails, recognition works", so="FAILED, with the reason")
def test_a_failed_diarization_fails_the_job(cloud: Cloud) -> None:
    cloud.speech.diarization_fails = SpeechEngineError("no speakers today")
    job = cloud.upload()

    cloud.run_until_idle()

    assert error(cloud, job) == "SpeechEngineError"
    assert [key for key in cloud.object_keys() if key.startswith("results/")] == []


@pytest.mark.fault("F8", by="a new run has fewer passages", so="the old ones are removed")
def test_a_shorter_transcript_leaves_no_passages_behind(cloud: Cloud) -> None:
    cloud.faults.plan = [Fault("PublishResults PutObject *", "refuse", times=99)]
    job = cloud.upload()
    cloud.run_until_idle()
    before = cloud.state.index.ids(job.job_id)
    cloud.faults.plan = []
    cloud.speech.lines = 1
    for key in cloud.object_keys():
        if f"/{STEP}/" in key:
            cloud.aws.s3.delete_object(Bucket=BUCKET, Key=key)
    cloud.summarizer.paid.clear()  # another transcript is another summary

    cloud.redrive_all()
    cloud.run_until_idle()

    assert len(cloud.state.index.ids(job.job_id)) < len(before)


@pytest.mark.fault("E2", by="a recording without speech", so="no words, no paid call")
def test_silence_is_not_summarized(cloud: Cloud) -> None:
    cloud.speech.lines = 0
    job = cloud.upload()

    cloud.run_until_idle()

    assert status(cloud, job) == JobStatus.SUCCEEDED
    assert cloud.summarizer.paid.total() == 0
    assert cloud.state.index.ids(job.job_id) == set()


@pytest.mark.fault("F5", by="killed after a paid call", so="at most one more paid call")
def test_a_lost_answer_costs_at_most_one_more_call(cloud: Cloud) -> None:
    cloud.faults.plan = [Fault(f"{Step.SUMMARIZE_TRANSCRIPT} PutObject *", "kill before")]
    job = cloud.upload()

    cloud.run_until_idle()

    assert status(cloud, job) == JobStatus.SUCCEEDED
    assert cloud.summarizer.paid.total() == 2


@pytest.mark.fault("C7", by="a container that outlives its state", so="it is stopped")
@pytest.mark.parametrize("loses_events", [False, True])
def test_a_container_that_outlives_its_state_is_stopped(
    cloud: Cloud, *, loses_events: bool
) -> None:
    """AWS documents that an abort stops the task, but not that a timeout does."""
    cloud.loses_events = loses_events
    cloud.services.hangs = {STEP}
    cloud.services.outlives_its_state = True
    job = cloud.upload()
    cloud.run_until_idle()
    assert status(cloud, job) == JobStatus.FAILED

    if loses_events:
        assert cloud.services.running_containers == 1
        found = cloud.reconcile()
        assert found["containers_stopped"] == (job.execution_name,)
        cloud.run_until_idle()

    assert cloud.services.running_containers == 0
    assert cloud.services.cluster.stopped


def test_a_container_of_a_running_execution_is_left_alone(cloud: Cloud) -> None:
    job = cloud.upload()
    cloud.deliver([cloud.inbox.pop()])
    cloud.run_until(f"{STEP} UpdateItem")

    assert cloud.reconcile()["containers_stopped"] == ()

    cloud.run_until_idle()
    assert status(cloud, job) == JobStatus.SUCCEEDED


def test_switched_off_parts_are_named_and_are_no_failure(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = SwitchedOff(part="summary", reason="OPENAI_API_KEY is not set")
    monkeypatch.setattr(summarize_transcript, "load_summarizer", lambda *_: off)
    no_index = off.model_copy(update={"part": "index"})
    monkeypatch.setattr(index_transcript, "load_embedder", lambda *_: no_index)
    job = cloud.upload()

    cloud.run_until_idle()

    record = cloud.service.job(job.job_id)
    assert record.status == JobStatus.SUCCEEDED
    assert record.switched_off == (off, no_index)
    assert cloud.dlq_messages() == []
    manifest = json.loads(published(cloud, job, "manifest.json"))
    assert [part["part"] for part in manifest["switched_off"]] == ["summary", "index"]
    markdown = published(cloud, job, "result.md").replace("\\", "")
    assert "No summary: OPENAI_API_KEY is not set." in markdown
    assert "No index: OPENAI_API_KEY is not set." in published(cloud, job, "result.html")
    assert "summary.json" not in manifest["files"]


def published(cloud: Cloud, job: ProcessingJob, name: str) -> str:
    answer = cloud.aws.s3.get_object(Bucket=BUCKET, Key=f"{job.results_prefix}{name}")
    return answer["Body"].read().decode()
