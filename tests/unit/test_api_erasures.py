"""Jobs are erased through the API in two requests, by admins only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from api_requests import ADMIN, PERSON, person, request
from conftest import BUCKET, Aws
from eraser_function import EraserFunction, use_eraser
from lifestream import resources
from lifestream.api import erasures
from lifestream.aws.job_table import JobTable
from lifestream.domain.bucket_layout import UPLOADS
from lifestream.domain.job import ProcessingJob
from unit.test_api_jobs import error_in, jobs, of

__all__ = ["jobs"]


@pytest.fixture
def eraser(jobs: JobTable, monkeypatch: pytest.MonkeyPatch) -> EraserFunction:  # noqa: ARG001  # the AWS
    return use_eraser(monkeypatch, runs=False)


@pytest.fixture
def job(aws: Aws, jobs: JobTable) -> ProcessingJob:
    key = f"{UPLOADS}secret.mp4"
    put = aws.s3.put_object(Bucket=BUCKET, Key=key, Body=b"video")
    uploaded = ProcessingJob.for_upload(bucket=BUCKET, key=key, version_id=put["VersionId"])
    jobs.accept(uploaded)
    return uploaded


def erase(job: ProcessingJob, *, confirm: str | None = None, **more: Any) -> Any:
    query = {"confirm": confirm} if confirm else None
    return request("DELETE", of(job), query=query, **more)


def test_the_first_request_shows_what_would_go_and_erases_nothing(
    job: ProcessingJob, eraser: EraserFunction
) -> None:
    plan = erase(job).json

    assert (plan["state"], plan["found"]["uploads"]) == ("planned", 1)
    assert plan["confirmation"]["token"]
    assert request("GET", of(job)).status == 200
    assert eraser.events == []


def test_the_second_request_starts_the_erasure_and_the_job_disappears(
    job: ProcessingJob, eraser: EraserFunction
) -> None:
    erasing = erase(job, confirm=erase(job).json["confirmation"]["token"]).json

    assert erasing["state"] == "open"
    assert error_in(request("GET", of(job))) == (404, "JobNotFoundError")
    assert eraser.events == [{"job_id": job.job_id}]
    request_of = resources.erasures().records.request(job.job_id)
    assert request_of is not None
    assert request_of.requested_by == "ada (b7c1)"


def test_a_repeated_request_starts_the_eraser_again(
    job: ProcessingJob, eraser: EraserFunction
) -> None:
    token = erase(job).json["confirmation"]["token"]
    for _ in "12":
        assert erase(job, confirm=token).json["state"] == "open"

    assert eraser.events == [{"job_id": job.job_id}] * 2


@pytest.mark.usefixtures("eraser")
def test_a_confirmation_fits_one_job_one_attempt_and_one_person(
    job: ProcessingJob, jobs: JobTable
) -> None:
    other = JobTable.recent(jobs, 2)
    [another] = [record.job for record in other if record.job_id != job.job_id]
    token = erase(job).json["confirmation"]["token"]
    until, _, rest = token.partition(".")

    for wrong in (f"{int(until) + 60}.{rest}", f"1.{rest}", "x", f"{until}.x"):
        assert error_in(erase(job, confirm=wrong)) == (409, "ConfirmationError")
    assert error_in(erase(another, confirm=token)) == (409, "ConfirmationError")
    grace = person("admin") | {"sub": "another"}
    assert error_in(erase(job, confirm=token, claims=grace)) == (409, "ConfirmationError")
    jobs.cancel(job)
    jobs.accept(job.model_copy(update={"attempt": 2}))
    assert error_in(erase(job, confirm=token)) == (409, "ConfirmationError")


def test_a_confirmation_expires(
    job: ProcessingJob, eraser: EraserFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasures, "VALID_FOR", timedelta(seconds=-1))

    late = erase(job, confirm=erase(job).json["confirmation"]["token"])

    assert error_in(late) == (409, "ConfirmationError")
    assert eraser.events == []


@pytest.mark.usefixtures("eraser")
def test_only_admins_erase_and_read_receipts(job: ProcessingJob) -> None:
    for claims in (person("editor"), person("viewer"), PERSON):
        assert error_in(erase(job, claims=claims)) == (403, "AccessDeniedError")
        receipt = request("GET", f"/v1/erasures/{job.job_id}", claims=claims)
        assert error_in(receipt) == (403, "AccessDeniedError")


def test_the_receipt_is_read_when_the_erasure_has_ended(
    job: ProcessingJob, jobs: JobTable, eraser: EraserFunction
) -> None:
    jobs.cancel(job)
    address = f"/v1/erasures/{job.job_id}"
    assert error_in(request("GET", address)) == (404, "NoErasureError")
    eraser.runs = True

    erase(job, confirm=erase(job).json["confirmation"]["token"])

    erased = request("GET", address).json
    assert (erased["state"], erased["is_signature_valid"]) == ("erased", True)
    assert erased["receipt"]["found"]["uploads"] == 1
    assert "secret" not in str(erased)
    assert erase(job).json == erased


@pytest.mark.usefixtures("jobs", "eraser")
def test_an_unknown_job_is_not_erased() -> None:
    assert error_in(request("DELETE", "/v1/jobs/nobody", claims=ADMIN)) == (404, "JobNotFoundError")
