"""What people type, against an AWS in memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from builders import MEETING, a_job, evidence_of
from conftest import BUCKET, JOBS, Aws
from lifestream.aws import clients
from lifestream.aws.job_table import JobTable
from lifestream.client.cli import app
from lifestream.domain.job import JobOptions, JobStatus, ProcessingJob
from lifestream.domain.progress import Progress
from lifestream.domain.quality import assess
from lifestream.domain.results import result_files
from lifestream.step_names import Step


@pytest.fixture(autouse=True)
def deployment(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setenv("AWS_SQS_QUEUE_URL", aws.queue_url)
    monkeypatch.setenv("AWS_SQS_DLQ_URL", aws.dlq_url)
    monkeypatch.setenv("COLUMNS", "160")
    return aws


def typed(*words: str) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def published(aws: Aws) -> ProcessingJob:
    job = a_job()
    transcript = MEETING.model_copy(update={"job_id": job.job_id})
    files = result_files(
        file_name=job.file_name,
        options=job.options,
        transcript=transcript,
        quality=assess(transcript, evidence_of(transcript)),
        summary=None,
        missing=(),
    )
    for name, text in files.items():
        aws.s3.put_object(Bucket=BUCKET, Key=f"{job.results_prefix}{name}", Body=text.encode())
    jobs = JobTable(clients.table(JOBS))
    jobs.accept(job)
    jobs.finish(job, JobStatus.SUCCEEDED, results_prefix=job.results_prefix)
    return job


def test_a_speaker_gets_a_name_everywhere(published: ProcessingJob) -> None:
    said = typed("speakers", "name", published.short_id, "SPEAKER_01", "Ada")

    assert "SPEAKER_01  Ada" in said
    assert "The name holds in this recording; no voice of it is kept." in said
    assert "Ada (0:05)" in typed("results", published.short_id)


def test_forgetting_says_what_is_gone() -> None:
    assert "0 prints of the voice are deleted" in typed("speakers", "forget", "Ada")


def test_a_running_job_shows_how_far_it_is() -> None:
    job, jobs = a_job(), JobTable(clients.table(JOBS))
    jobs.accept(job)
    jobs.enter(job, Step.TRANSCRIBE_SPEECH, JobStatus.TRANSCRIBING)
    jobs.show_progress(job, Progress(fraction=0.42, speed=31.04, seconds_left=70))

    assert "TranscribeSpeech 42%, 31.0x real time, 1:10 left" in typed("status", job.short_id)


def test_everything_that_a_job_may_be_asked_for_can_be_typed(tmp_path: Path) -> None:
    video = tmp_path / "talk.mp4"
    video.write_bytes(b"video")

    flags = "--language de --min-speakers 2 --max-speakers 4 --hotword Ada --prompt Hallo."
    switches = "--multilingual --translate --show-flagged --summary-language German"
    summary = ("--summary-instructions", "Look for prices.")
    short_id = typed("upload", str(video), *flags.split(), *switches.split(), *summary).split()[0]

    [record] = JobTable(clients.table(JOBS)).starting_with(short_id)
    assert record.job.options == JobOptions(
        language="de",
        min_speakers=2,
        max_speakers=4,
        hotwords=("Ada",),
        initial_prompt="Hallo.",
        multilingual=True,
        translate=True,
        show_flagged=True,
        summary_language="German",
        summary_instructions="Look for prices.",
    )


def test_hints_that_do_not_fit_beside_the_video_are_refused(tmp_path: Path) -> None:
    video = tmp_path / "talk.mp4"
    video.write_bytes(b"video")

    result = CliRunner().invoke(app, ["upload", str(video), "--prompt", "ü" * 300])

    assert result.exit_code == 2
    assert "exceed 1200 characters" in result.output
