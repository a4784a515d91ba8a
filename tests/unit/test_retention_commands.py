"""`lifestream hold` and `retention`, with an in-memory AWS."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner, Result

from conftest import BUCKET, JOBS, Aws
from eraser_function import EraserFunction, use_eraser
from lifestream.aws import clients
from lifestream.aws.job_table import JobTable
from lifestream.client.commands import app
from lifestream.domain.bucket_layout import HOLDS, UPLOADS
from lifestream.domain.job import ProcessingJob
from lifestream.errors import JobHeldError
from lifestream.recovery.erasures import request_of
from lifestream.resources import eraser as make_eraser
from lifestream.resources import erasures
from unit.test_api_jobs import use_state_machine
from unit.test_erasing_commands import uploaded

RULES = [
    {
        "ID": "artifacts",
        "Filter": {"Prefix": "jobs/"},
        "Status": "Enabled",
        "Expiration": {"Days": 14},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
    },
    {
        "ID": "videos",
        "Filter": {"Prefix": UPLOADS},
        "Status": "Enabled",
        "NoncurrentVersionExpiration": {"NoncurrentDays": 14},
    },
]


@pytest.fixture
def eraser(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> EraserFunction:
    monkeypatch.setenv("AWS_SQS_QUEUE_URL", aws.queue_url)
    monkeypatch.setenv("AWS_SQS_DLQ_URL", aws.dlq_url)
    aws.s3.put_bucket_lifecycle_configuration(
        Bucket=BUCKET,
        LifecycleConfiguration={"Rules": RULES},  # type: ignore[typeddict-item]  # a literal
    )
    use_state_machine(monkeypatch)
    return use_eraser(monkeypatch, runs=True)


@pytest.fixture
def job(aws: Aws, eraser: EraserFunction) -> ProcessingJob:  # noqa: ARG001  # the AWS
    job = uploaded(aws, "talk.mp4")
    aws.s3.put_object(Bucket=BUCKET, Key=f"jobs/{job.job_id}/ExtractAudio/audio.flac", Body=b"a")
    aws.s3.put_object(Bucket=BUCKET, Key=f"{job.results_prefix}result.md", Body=b"old")
    aws.s3.put_object(Bucket=BUCKET, Key=f"{job.results_prefix}result.md", Body=b"said")
    return job


def typed(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def copies(aws: Aws) -> dict[str, bytes]:
    found = aws.s3.list_objects_v2(Bucket=BUCKET, Prefix=HOLDS).get("Contents", ())
    return {
        one["Key"].split("/", 2)[2]: aws.s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read()
        for one in found
    }


def test_a_job_on_hold_is_copied_and_not_erased(job: ProcessingJob, aws: Aws) -> None:
    said = typed("hold", job.short_id, "--reason", "Smith v. Jones").output

    assert "3 objects are copied" in said
    assert copies(aws) == {
        job.key: b"video",
        f"jobs/{job.job_id}/ExtractAudio/audio.flac": b"a",
        f"{job.results_prefix}result.md": b"said",
    }
    refused = typed("erase", job.short_id, "--yes")
    assert refused.exit_code == 1
    assert "Smith v. Jones" in refused.output
    aws.s3.head_object(Bucket=BUCKET, Key=job.key)
    other = uploaded(aws, "other.mp4")
    rest = typed("erase", "--older-than", "2100-01-01", "--yes")
    assert rest.exit_code == 0
    assert f"{other.short_id}  erased" in rest.output
    assert "Smith v. Jones" in typed("retention", job.short_id).output


def test_a_released_job_is_erased_with_its_copies(job: ProcessingJob, aws: Aws) -> None:
    typed("hold", job.short_id, "--reason", "a case")

    assert typed("hold", job.short_id, "--release").exit_code == 0
    assert copies(aws) == {}
    assert typed("erase", job.short_id, "--yes").exit_code == 0
    left = aws.s3.list_object_versions(Bucket=BUCKET)
    assert not [one for one in left["Versions"] if "receipts" not in one["Key"]]


def test_a_hold_outlives_a_redrive(job: ProcessingJob) -> None:
    typed("hold", job.short_id, "--reason", "a case")
    jobs = JobTable(clients.table(JOBS))

    assert jobs.accept(job.model_copy(update={"attempt": 2}))

    record = jobs.find(job.job_id)
    assert record is not None
    assert record.hold is not None
    with pytest.raises(JobHeldError, match="a case"):
        erasures().ask(record, by="ada")


def test_a_hold_that_comes_between_request_and_erasure_wins(job: ProcessingJob, aws: Aws) -> None:
    record = JobTable(clients.table(JOBS)).find(job.job_id)
    assert record is not None
    erasures().records.open(request_of(record, by="ada", at=record.updated_at))
    typed("hold", job.short_id, "--reason", "a case")

    make_eraser().run()

    assert list(erasures().records.requests()) == []
    aws.s3.head_object(Bucket=BUCKET, Key=job.key)


def test_the_rules_of_the_deployment_are_shown(
    job: ProcessingJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_DAYS", "7")
    said = typed("retention").output

    assert "uploads/   kept; old versions deleted after 14 days" in said
    assert "jobs/      deleted after 14 days; old versions deleted after a day" in said
    assert "logs       deleted after 7 days" in said
    of_job = typed("retention", job.short_id).output
    assert "uploads/   kept" in of_job
    assert "jobs/      goes from 20" in of_job


@pytest.mark.usefixtures("eraser")
@pytest.mark.parametrize("words", [["hold", "abc"], ["hold", "abc", "--reason", "x", "--release"]])
def test_a_hold_has_a_reason_or_is_released(words: list[str]) -> None:
    assert typed(*words).exit_code == 2
