"""`lifestream erase` and `receipt`, with an in-memory AWS."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner, Result

from conftest import BUCKET, JOBS, Aws
from eraser_function import EraserFunction, use_eraser
from lifestream.aws import clients
from lifestream.aws.job_table import JobTable
from lifestream.client.commands import app
from lifestream.client.commands import erasure as commands
from lifestream.domain.bucket_layout import UPLOADS
from lifestream.domain.job import ProcessingJob
from unit.test_api_jobs import use_state_machine


@pytest.fixture
def eraser(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> EraserFunction:
    monkeypatch.setenv("AWS_SQS_QUEUE_URL", aws.queue_url)
    monkeypatch.setenv("AWS_SQS_DLQ_URL", aws.dlq_url)
    monkeypatch.setattr(commands, "WAIT_SECONDS", 0)
    use_state_machine(monkeypatch)
    return use_eraser(monkeypatch, runs=True)


def uploaded(aws: Aws, name: str, *, days: int = 0) -> ProcessingJob:
    """Return a job that was cancelled."""
    key = f"{UPLOADS}{name}"
    put = aws.s3.put_object(Bucket=BUCKET, Key=key, Body=b"video")
    job = ProcessingJob.for_upload(
        bucket=BUCKET,
        key=key,
        version_id=put["VersionId"],
        submitted_at=datetime.now(UTC) - timedelta(days=days),
    )
    jobs = JobTable(clients.table(JOBS))
    jobs.accept(job)
    jobs.cancel(job)
    return job


def typed(*words: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, list(words), input=answer)


def left(aws: Aws) -> int:
    return len(aws.s3.list_object_versions(Bucket=BUCKET, Prefix=UPLOADS).get("Versions", ()))


@pytest.mark.usefixtures("eraser")
def test_a_job_is_erased_and_its_receipt_checked(aws: Aws) -> None:
    job = uploaded(aws, "talk.mp4")

    said = typed("erase", job.short_id, "--yes").output

    assert f"{job.short_id}  planned  1 uploads  0.0 MB" in said
    assert f"{job.short_id}  erased  1 uploads" in said
    assert "UTC for arn:aws:" in said
    assert left(aws) == 0
    shown = typed("receipt", job.short_id)
    assert shown.exit_code == 0
    assert shown.output.rstrip().endswith("valid")


def test_twice_changes_nothing(aws: Aws, eraser: EraserFunction) -> None:
    job = uploaded(aws, "talk.mp4")
    typed("erase", job.short_id, "--yes")
    receipt = typed("receipt", job.job_id, "--json").output

    again = typed("erase", job.short_id, "--yes")

    assert again.exit_code == 0
    assert len(eraser.events) == 1
    assert typed("receipt", job.job_id, "--json").output == receipt


@pytest.mark.usefixtures("eraser")
def test_all_jobs_of_a_recording_or_all_old_ones_are_erased(aws: Aws) -> None:
    for name in ("talk.mp4", "talk.mp4", "other.mp4"):
        uploaded(aws, name)
    old = uploaded(aws, "old.mp4", days=100)

    found = typed("erase", "--older-than", "90d", "--yes", "--json").output
    assert [json.loads(line)["job_id"] for line in found.splitlines()] == [old.job_id]
    assert left(aws) == 3
    typed("erase", "--video", "talk.mp4", "--yes")
    assert left(aws) == 1


def test_nothing_is_erased_without_a_confirmation(aws: Aws, eraser: EraserFunction) -> None:
    job = uploaded(aws, "talk.mp4")

    assert "Nothing was erased." in typed("erase", job.short_id, "--dry-run").output
    unconfirmed = typed("erase", job.short_id)
    assert unconfirmed.exit_code == 2
    assert "--yes" in unconfirmed.output
    assert (left(aws), eraser.events) == (1, [])


def test_an_erasure_that_goes_on_says_when_the_receipt_comes(
    aws: Aws, eraser: EraserFunction
) -> None:
    eraser.runs = False
    job = uploaded(aws, "talk.mp4")

    assert commands.LATER in typed("erase", job.short_id, "--yes").output
    assert typed("receipt", job.job_id).exit_code == 1


@pytest.mark.usefixtures("eraser")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["erase"], 2, "name the jobs to erase"),
        (["erase", "abc", "--video", "x"], 2, "name the jobs to erase"),
        (["erase", "--older-than", "soon", "--yes"], 2, "--older-than 'soon'"),
        (["erase", "abc", "--yes"], 1, "No job starts with 'abc'"),
        (["receipt", "abc"], 1, "Nobody erased the job abc"),
        (["erase", "--video", "none.mp4", "--yes"], 0, "Nothing found."),
    ],
)
def test_a_wrong_command_says_what_is_wrong(words: list[str], code: int, said: str) -> None:
    result = typed(*words)

    assert result.exit_code == code
    assert said.lower() in " ".join(result.output.split()).lower()


def test_an_older_deployment_is_not_asked_to_erase(
    aws: Aws, eraser: EraserFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ERASER_FUNCTION")
    job = uploaded(aws, "talk.mp4")

    result = typed("erase", job.short_id, "--yes")

    assert result.exit_code == 1
    assert "ERASER_FUNCTION is not set" in " ".join(result.output.split())
    assert (left(aws), eraser.events) == (1, [])
