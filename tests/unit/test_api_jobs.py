"""Jobs are listed, read, cancelled and redriven through the API."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from api_requests import Answer, request
from builders import SUBMITTED, a_job
from conftest import JOBS, Aws, shared_clients
from lifestream.aws import clients
from lifestream.aws.job_table import JobTable
from lifestream.client.redrive import WORK
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.progress import Progress
from lifestream.step_names import Step
from unit.test_dispatcher import DEFINITION
from unit.test_job_table import FAILURE

JOB = a_job(key="uploads/talk.mp4")


@pytest.fixture
def jobs(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> JobTable:
    use_state_machine(monkeypatch)
    monkeypatch.setenv("AWS_SQS_QUEUE_URL", aws.queue_url)
    monkeypatch.setenv("AWS_SQS_DLQ_URL", aws.dlq_url)
    table = JobTable(clients.table(JOBS))
    table.accept(JOB)
    return table


def use_state_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = (
        shared_clients()
        .client("stepfunctions")
        .create_state_machine(
            name="pipeline", definition=DEFINITION, roleArn="arn:aws:iam::123456789012:role/states"
        )
    )
    monkeypatch.setenv("STATE_MACHINE_ARN", machine["stateMachineArn"])


def of(job: ProcessingJob, *, then: str = "") -> str:
    return f"/v1/jobs/{job.job_id}{then}"


def error_in(answer: Answer) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json
    assert problem["status"] == answer.status
    assert problem["type"] == f"urn:lifestream:error:{problem['error']}"
    assert problem["advice"]
    return answer.status, problem["error"]


def test_jobs_are_listed_page_by_page(jobs: JobTable) -> None:
    for minute in (1, 2):
        later = SUBMITTED + timedelta(minutes=minute)
        job = a_job(key=f"uploads/later-{minute}.mp4")
        jobs.accept(job.model_copy(update={"submitted_at": later}))

    first = request("GET", "/v1/jobs", query={"limit": "2"}).json
    second = request("GET", "/v1/jobs", query={"limit": "2", "cursor": first["next"]}).json

    names = [[job["file_name"] for job in page["jobs"]] for page in (first, second)]
    assert names == [["later-2.mp4", "later-1.mp4"], ["talk.mp4"]]
    assert second["next"] is None


@pytest.mark.parametrize("more", [{}, {"name": "l"}])
def test_the_oldest_job_can_come_first(jobs: JobTable, more: dict[str, str]) -> None:
    later = SUBMITTED + timedelta(minutes=1)
    jobs.accept(a_job(key="uploads/later.mp4").model_copy(update={"submitted_at": later}))
    query = {"limit": "1", "order": "oldest", **more}

    first = request("GET", "/v1/jobs", query=query).json
    second = request("GET", "/v1/jobs", query=query | {"cursor": first["next"]}).json

    names = [job["file_name"] for page in (first, second) for job in page["jobs"]]
    assert names == ["talk.mp4", "later.mp4"]
    assert request("GET", "/v1/jobs", query={"order": "name"}).status == 422


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"name": "TALK"}, 1),
        ({"name": "other"}, 0),
        ({"status": "QUEUED"}, 1),
        ({"status": "FAILED,QUEUED"}, 1),
        ({"status": "FAILED"}, 0),
        ({"id": JOB.short_id}, 1),
        ({"id": "nope"}, 0),
    ],
)
@pytest.mark.usefixtures("jobs")
def test_jobs_are_filtered(query: dict[str, str], count: int) -> None:
    assert len(request("GET", "/v1/jobs", query=query).json["jobs"]) == count


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "query.limit"),
        ({"limit": "101"}, "query.limit"),
        ({"limit": "many"}, "query.limit"),
        ({"status": "LOST"}, "query.status.0"),
        ({"name": "x" * 201}, "query.name"),
        ({"cursor": "x" * 401}, "query.cursor"),
    ],
)
@pytest.mark.usefixtures("jobs")
def test_a_wrong_query_is_named(query: dict[str, str], field: str) -> None:
    answer = request("GET", "/v1/jobs", query=query)

    assert error_in(answer) == (422, "InvalidRequestError")
    [wrong] = answer.json["fields"]
    assert wrong["field"] == field
    assert wrong["reason"]


@pytest.mark.parametrize("cursor", ["x", "ä", "e30", "bm90IGpzb24", "====", "{}", "\x00"])
@pytest.mark.usefixtures("jobs")
def test_a_cursor_from_no_page_is_refused(cursor: str) -> None:
    answer = request("GET", "/v1/jobs", query={"cursor": cursor})

    assert error_in(answer) == (400, "InvalidCursorError")


def test_a_job_is_read_with_its_progress(jobs: JobTable) -> None:
    jobs.enter(JOB, Step.TRANSCRIBE_SPEECH, JobStatus.TRANSCRIBING)
    jobs.show_progress(JOB, Progress(fraction=0.5, speed=4.0, seconds_left=60))

    job = request("GET", of(JOB)).json

    assert (job["file_name"], job["status"]) == ("talk.mp4", "TRANSCRIBING")
    assert job["current_step"] == "TranscribeSpeech"
    assert job["progress"]["fraction"] == 0.5
    assert 0 < job["progress"]["seconds_left"] <= 60
    assert (job["failure"], job["has_results"]) == (None, False)


def test_a_failed_job_says_why_and_what_to_do(jobs: JobTable) -> None:
    jobs.fail(JOB, JobStatus.FAILED, FAILURE, None)

    failure = request("GET", of(JOB)).json["failure"]

    assert failure == {
        name: getattr(FAILURE, name) for name in ("step", "error", "cause", "advice")
    }


@pytest.mark.parametrize("then", ["", "/cancel", "/redrive"])
@pytest.mark.parametrize("job_id", ["0" * 32, "nope", "%2e%2e", "é", "a b"])
@pytest.mark.usefixtures("jobs")
def test_an_unknown_job_is_not_found(job_id: str, then: str) -> None:
    answer = request("POST" if then else "GET", f"/v1/jobs/{job_id}{then}")

    assert error_in(answer) == (404, "JobNotFoundError")


@pytest.mark.parametrize("job_id", ["a\x1fb", "a\u202eb", "?", "#"])
def test_an_impossible_id_has_no_address(job_id: str) -> None:
    assert error_in(request("GET", f"/v1/jobs/{job_id}")) == (404, "RouteNotFoundError")


def test_a_job_is_cancelled_once(jobs: JobTable) -> None:
    assert request("POST", of(JOB, then="/cancel")).json["status"] == "CANCELLED"
    assert request("POST", of(JOB, then="/cancel")).json["status"] == "CANCELLED"

    record = jobs.find(JOB.job_id)
    assert record is not None
    assert record.status == JobStatus.CANCELLED


def test_an_ended_job_cannot_be_cancelled(jobs: JobTable) -> None:
    jobs.finish(JOB, JobStatus.SUCCEEDED, results_prefix="results/talk/")

    assert error_in(request("POST", of(JOB, then="/cancel"))) == (409, "JobStatusError")
    assert request("GET", of(JOB)).json["has_results"] is True


def test_a_failed_job_is_redriven(jobs: JobTable, aws: Aws) -> None:
    jobs.fail(JOB, JobStatus.FAILED, FAILURE, None)

    assert request("POST", of(JOB, then="/redrive")).status == 200

    assert attempts_in(aws) == [(JOB.job_id, 2)]


def test_a_redrive_that_is_sent_again_names_the_same_attempt(jobs: JobTable, aws: Aws) -> None:
    """The dispatcher starts an attempt once; when it has begun, a redrive changes nothing."""
    jobs.fail(JOB, JobStatus.FAILED, FAILURE, None)

    sent = [request("POST", of(JOB, then="/redrive")).status for _ in range(2)]
    asked_for = attempts_in(aws) + attempts_in(aws)
    accepted = jobs.accept(JOB.model_copy(update={"attempt": 2}))
    late = request("POST", of(JOB, then="/redrive"))

    assert sent == [200, 200]
    assert asked_for == [(JOB.job_id, 2)] * 2
    assert accepted
    assert error_in(late) == (409, "JobStatusError")
    assert attempts_in(aws) == []


def test_what_a_redrive_would_do_can_be_seen_before(jobs: JobTable, aws: Aws) -> None:
    jobs.fail(JOB, JobStatus.FAILED, FAILURE, None)

    plan = request("GET", of(JOB, then="/redrive")).json

    assert (plan["job_id"], plan["key"]) == (JOB.job_id, JOB.key)
    assert (plan["failed_in"], plan["error"]) == (FAILURE.step, FAILURE.error)
    assert (plan["steps_left"], plan["needs_gpu"]) == (list(WORK), True)
    assert attempts_in(aws) == []


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_job_that_did_not_fail_cannot_be_redriven(method: str, aws: Aws) -> None:
    assert error_in(request(method, of(JOB, then="/redrive"))) == (409, "JobStatusError")
    assert attempts_in(aws) == []


def attempts_in(aws: Aws) -> list[tuple[str, int]]:
    """The jobs in the ingest queue, with the attempt that the dispatcher would start."""
    found: list[Any] = aws.sqs.receive_message(QueueUrl=aws.queue_url).get("Messages", [])
    bodies = [json.loads(message["Body"]) for message in found]
    return [(body["job_id"], body["attempt"] + (body["failure"] is not None)) for body in bodies]


@pytest.mark.usefixtures("jobs")
def test_what_a_client_has_already_is_not_sent_again() -> None:
    first = request("GET", of(JOB))
    again = request("GET", of(JOB), headers={"if-none-match": first.headers["ETag"]})

    assert (again.status, again.text) == (304, "")
    assert again.headers["ETag"] == first.headers["ETag"]


def test_a_changed_job_is_sent_again(jobs: JobTable) -> None:
    first = request("GET", of(JOB))
    jobs.cancel(JOB)

    again = request("GET", of(JOB), headers={"if-none-match": first.headers["ETag"]})

    assert (again.status, again.json["status"]) == (200, "CANCELLED")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/nothing"), ("DELETE", "/v1/job"), ("GET", "/")]
)
def test_an_unknown_address_is_named(method: str, path: str) -> None:
    answer = request(method, path)

    assert error_in(answer) == (404, "RouteNotFoundError")
    assert f"{method} {path}" in answer.json["detail"]
