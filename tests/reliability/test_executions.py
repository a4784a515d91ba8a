"""C: the state machine, its time limits, and executions that are ended from outside."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta

import pytest

from builders import MEETING
from conftest import JOBS
from lifestream.aws import clients
from lifestream.aws.job_table import JobTable
from lifestream.domain.job import Failure, JobStatus, ProcessingJob
from lifestream.domain.transcript import Transcript
from lifestream.engines.summarization.lexrank import LexRank
from lifestream.errors import SpeechEngineError
from lifestream.recovery.dlq_claims import DlqClaims
from lifestream.step_names import Step
from simulation.cloud import Cloud
from simulation.faults import Fault
from simulation.services import CONTAINER_SECONDS
from steps import summarize_transcript

MAX_STATE_BYTES = 16 * 1024
TWELVE_HOURS = 12 * 3_600


def published(cloud: Cloud, job: ProcessingJob, name: str) -> str:
    """Return a result file of the job."""
    answer = cloud.aws.s3.get_object(Bucket=job.bucket, Key=f"{job.results_prefix}{name}")
    return answer["Body"].read().decode()


def failure(cloud: Cloud, job: ProcessingJob) -> Failure:
    """Return the failure of a job that has ended FAILED with exactly one DLQ message."""
    record = cloud.service.job(job.job_id)
    assert record.status == JobStatus.FAILED
    [dlq_message] = cloud.dlq_messages()
    assert json.loads(dlq_message)["job_id"] == job.job_id
    assert record.failure is not None
    return record.failure


@pytest.mark.fault("C3", by="a transcript of 12 hours", so="at most 16 KiB between two states")
def test_the_state_stays_small_for_a_recording_of_twelve_hours(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This runs the real summarizer, embedder, index and renderers."""
    monkeypatch.setattr(summarize_transcript, "load_summarizer", lambda *_: LexRank())
    cloud.speech.repeats = math.ceil(TWELVE_HOURS / MEETING.duration_seconds)
    job = cloud.upload()

    cloud.run_until_idle()

    assert cloud.service.job(job.job_id).status == JobStatus.SUCCEEDED
    transcript = Transcript.model_validate_json(published(cloud, job, "transcript.json"))
    assert transcript.reliable.segments[-1].end_seconds > TWELVE_HOURS - 60
    assert "\n11:59:5" in published(cloud, job, "subtitles.srt")
    assert json.loads(published(cloud, job, "summary.json"))["verified_statements"] > 0
    [record] = cloud.executions.records.values()
    payloads = [
        details[name]
        for event in record.events
        for details in event.values()
        if isinstance(details, dict)
        for name in ("input", "output")
        if name in details
    ]
    assert payloads
    assert max(map(len, payloads)) <= MAX_STATE_BYTES


def test_a_job_waits_for_a_slot_as_long_as_it_takes(cloud: Cloud) -> None:
    cloud.take_all_slots()
    job = cloud.upload()
    cloud.deliver([cloud.inbox.pop()])
    cloud.scheduler.run(until=lambda: cloud.scheduler.time > 2 * 3_600)
    assert cloud.service.job(job.job_id).status == JobStatus.WAITING_FOR_GPU

    cloud.free_all_slots()
    cloud.run_until_idle()

    assert cloud.service.job(job.job_id).status == JobStatus.SUCCEEDED
    assert cloud.services.container_starts.total() == 1


@pytest.mark.fault("C5", by="up to four transient errors", so="each is retried, with capped waits")
@pytest.mark.parametrize("times", [1, 2, 4])
def test_transient_errors_are_retried_until_they_end(cloud: Cloud, times: int) -> None:
    cloud.faults.plan = [Fault("PublishResults UpdateItem *", "throttle", times=times)]
    cloud.event_copies = 1  # at once
    job = cloud.upload()

    cloud.run_until_idle()

    assert cloud.service.job(job.job_id).status == JobStatus.SUCCEEDED
    assert sum(kind == "throttle" for kind, _ in cloud.faults.happened) == times
    longest = sum(2 * 2**attempt for attempt in range(times))
    assert 0 < cloud.scheduler.time - CONTAINER_SECONDS <= longest


@pytest.mark.fault("C6", by="a permanent error", so="no retry, one DLQ message")
def test_a_permanent_error_is_not_retried(cloud: Cloud) -> None:
    job = cloud.upload("notes.mp4", b"no video at all")

    cloud.run_until_idle()

    assert failure(cloud, job).error == "NotAVideoError"
    [record] = cloud.executions.records.values()
    assert sum(event["type"] == "TaskFailed" for event in record.events) == 1


@pytest.mark.fault("C7", by="a step that never answers", so="its timeout ends it")
@pytest.mark.parametrize("step", [Step.INSPECT_VIDEO, Step.TRANSCRIBE_SPEECH])
def test_a_step_that_hangs_ends_at_its_timeout(cloud: Cloud, step: Step) -> None:
    cloud.services.hangs = {step}
    job = cloud.upload()

    cloud.run_until_idle()

    assert (failure(cloud, job).step, failure(cloud, job).error) == (step, "States.Timeout")
    limit = cloud.executions.definition["States"][step]["TimeoutSeconds"]
    assert limit <= cloud.scheduler.time < limit + 60


@pytest.mark.fault(
    "C8", by="the execution reaches its timeout", so="the EventBridge rule sends the DLQ message"
)
def test_the_execution_timeout_sends_one_dlq_message(cloud: Cloud) -> None:
    cloud.services.hangs = {Step.TRANSCRIBE_SPEECH}
    cloud.executions.definition = cloud.executions.definition | {"TimeoutSeconds": 1_000}
    job = cloud.upload()

    cloud.run_until_idle()

    assert failure(cloud, job).error == "ExecutionTimedOut"
    assert failure(cloud, job).step == Step.TRANSCRIBE_SPEECH


@pytest.mark.fault(
    "C9", by="StopExecution in each state", so="one DLQ message; the container stops"
)
@pytest.mark.parametrize(
    "moment", ["InspectVideo", "ExtractAudio", "StepFunctions UpdateItem", "PublishResults"]
)
def test_an_aborted_execution_leaves_one_dlq_message(cloud: Cloud, moment: str) -> None:
    job = cloud.upload()
    cloud.deliver([cloud.inbox.pop()])
    cloud.run_until(moment)
    [record] = cloud.executions.running()
    cloud.executions.end(record, "ABORTED")

    cloud.run_until_idle()

    assert failure(cloud, job).error == "ExecutionAborted"
    assert cloud.services.running_containers == 0

    cloud.redrive_all()
    cloud.run_until_idle()

    assert cloud.service.job(job.job_id).status == JobStatus.SUCCEEDED


@pytest.mark.fault("C10", by="the Catch fires once, the rule twice", so="one DLQ message")
@pytest.mark.parametrize("seed", range(5))
def test_catch_and_rule_send_one_dlq_message_between_them(cloud: Cloud, seed: int) -> None:
    cloud.rng.seed(seed)
    job = cloud.upload("notes.mp4", b"no video at all")

    cloud.run_until_idle()
    cloud.reconcile()

    assert failure(cloud, job).error == "NotAVideoError"


@pytest.mark.fault("C10", by="six events about one abort at once", so="one DLQ message")
@pytest.mark.parametrize("seed", range(3))
def test_repeated_events_about_one_end_send_one_dlq_message(cloud: Cloud, seed: int) -> None:
    cloud.rng.seed(seed)
    cloud.event_copies = 6
    job = cloud.upload()
    cloud.deliver([cloud.inbox.pop()])
    cloud.run_until("ExtractAudio")
    [record] = cloud.executions.running()
    cloud.executions.end(record, "ABORTED")

    cloud.run_until_idle()

    assert failure(cloud, job).error == "ExecutionAborted"


@pytest.mark.fault(
    "C11", by="work that continues after its execution has ended", so="nothing is overwritten"
)
@pytest.mark.fault(
    "C14", by="an earlier attempt ends after a later one", so="the later status is kept"
)
@pytest.mark.fault("D11", by="two containers of one job at once", so="one result")
def test_a_step_that_outlives_its_execution_changes_nothing(cloud: Cloud) -> None:
    """An abort of the execution does not stop a running Lambda function."""
    job = cloud.upload()
    cloud.deliver([cloud.inbox.pop()])
    cloud.run_until("PublishResults UpdateItem")
    [record] = cloud.executions.running()
    cloud.executions.end(record, "ABORTED")
    cloud.scheduler.run(until=lambda: bool(cloud.dlq_messages()))

    cloud.redrive_all()
    cloud.run_until_idle()

    record_of_job = cloud.service.job(job.job_id)
    assert (record_of_job.status, record_of_job.attempt) == (JobStatus.SUCCEEDED, 2)
    assert cloud.summarizer.paid.total() == 1


@pytest.mark.fault("C13", by="definition and prompt change while jobs run", so="each job succeeds")
def test_jobs_succeed_during_an_upgrade(cloud: Cloud) -> None:
    job = cloud.upload()
    cloud.deliver([cloud.inbox.pop()])
    cloud.run_until("ExtractAudio")
    states = cloud.executions.definition["States"] | {
        "New": {"Type": "Pass", "Next": "InspectVideo"}
    }
    cloud.executions.definition = cloud.executions.definition | {"StartAt": "New", "States": states}
    cloud.summarizer.name = "scripted/summary-2"
    later = cloud.upload("later.mp4")

    cloud.run_until_idle()

    for upload in (job, later):
        assert cloud.service.job(upload.job_id).status == JobStatus.SUCCEEDED
        summary = cloud.aws.s3.get_object(
            Bucket=job.bucket, Key=f"{upload.results_prefix}summary.json"
        )
        assert json.loads(summary["Body"].read())["engine"] == "scripted/summary-2"
    histories = [
        [event["stateEnteredEventDetails"]["name"] for event in record.events
         if "stateEnteredEventDetails" in event]
        for record in cloud.executions.records.values()
    ]  # fmt: skip
    assert [history[0] for history in histories] == ["InspectVideo", "New"]


@pytest.mark.fault(
    "D12",
    by="clocks that differ by an hour",
    so="a recent claim of the DLQ message stays valid; an old one expires",
)
@pytest.mark.parametrize(("skew", "is_void"), [(-2, True), (0, False), (1, False)])
def test_clocks_that_differ_send_no_second_dlq_message(
    cloud: Cloud, skew: int, *, is_void: bool
) -> None:
    job = cloud.upload("notes.mp4", b"no video at all")
    cloud.run_until_idle()
    record = cloud.service.job(job.job_id)
    claimed = {"attempt": 1, "state": "sending"}
    claimed["at"] = (datetime.now(UTC) + timedelta(hours=skew)).isoformat(timespec="microseconds")
    clients.table(JOBS).update_item(
        Key={"job_id": job.job_id},
        UpdateExpression="SET letter = :claim",
        ExpressionAttributeValues={":claim": claimed},
    )

    claims = DlqClaims(JobTable(clients.table(JOBS)), timedelta(minutes=15))
    with claims.claim_dlq_send(record) as is_mine:
        assert is_mine == is_void


@pytest.mark.parametrize(
    "moment", ["Dispatcher PutItem", "InspectVideo", "StepFunctions", "PublishResults"]
)
def test_a_cancelled_job_ends_without_a_dlq_message(cloud: Cloud, moment: str) -> None:
    job = cloud.upload()
    cloud.deliver([cloud.inbox.pop()])
    cloud.run_until(moment)

    cloud.service.cancel(job.job_id)
    cloud.run_until_idle()

    assert cloud.service.job(job.job_id).status == JobStatus.CANCELLED
    assert cloud.dlq_messages() == []
    assert cloud.services.running_containers == 0
    assert cloud.services.container_starts.total() == (moment == "PublishResults")


def test_the_manifest_is_written_after_all_files_that_it_names(cloud: Cloud) -> None:
    job = cloud.upload()
    cloud.deliver([cloud.inbox.pop()])
    manifest = f"{job.results_prefix}manifest.json"
    cloud.scheduler.run(until=lambda: manifest in cloud.object_keys())

    body = cloud.aws.s3.get_object(Bucket=job.bucket, Key=manifest)["Body"].read()
    named = {f"{job.results_prefix}{name}" for name in json.loads(body)["files"]}

    assert len(named) > 5
    assert named <= set(cloud.object_keys())


def test_a_failing_speech_engine_is_named_in_the_dlq_message(cloud: Cloud) -> None:
    cloud.speech.fails = SpeechEngineError("no words today")
    job = cloud.upload()

    cloud.run_until_idle()

    assert (failure(cloud, job).error, failure(cloud, job).cause) == (
        "SpeechEngineError",
        "no words today",
    )


@pytest.mark.fault("F10", by="a key is refused once, or twice", so="one retry; after it, PARTIAL")
@pytest.mark.parametrize(("refusals", "status"), [(1, "SUCCEEDED"), (2, "PARTIAL")])
def test_a_step_whose_key_is_refused_runs_once_more(
    cloud: Cloud, refusals: int, status: str
) -> None:
    cloud.summarizer.refusals = refusals
    job = cloud.upload()
    cloud.run_until_idle()

    assert cloud.service.job(job.job_id).status == status
    assert cloud.summarizer.refusals == 0
