"""Whatever a client sends and whatever fails, the answer is a problem document."""

from __future__ import annotations

import json
import re

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from api_requests import request
from lifestream.api import jobs
from lifestream.errors import KeyRefusedError, PipelineError, all_errors
from lifestream.observability import logger


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("{", "body"),
        ("[]", "body"),
        ('"talk"', "body"),
        ("null", "body"),
        ('{"question": 7}', "body.question"),
        ('{"question": "   "}', "body.question"),
        ('{"question": "What?", "limit": 3}', "body.limit"),
        ('{"question": "What?", "since": "2026-11-23T10:00:00"}', "body.since"),
        ('{"question": "What?", "since": "1763892000"}', "body.since"),
        ('{"question": "What?", "since": 1763892000}', "body.since"),
        ("[" * 60_000, "body"),
        ('{"question": ' + "9" * 5_000 + "}", "body"),
        (None, "body"),
    ],
)
def test_a_wrong_body_is_named(body: str | None, field: str) -> None:
    answer = request("POST", "/v1/ask", body=body)

    assert (answer.status, answer.json["error"]) == (422, "InvalidRequestError")
    assert any(wrong["field"].startswith(field) for wrong in answer.json["fields"])


@pytest.mark.attack
@pytest.mark.parametrize("body", ["x" * 65_537, b"x" * 65_537, "ä" * 32_769, "[" * 10**7])
@pytest.mark.parametrize("path", ["/v1/ask", "/v1/uploads", "/v1/jobs/1/cancel", "/v1/nothing"])
def test_a_body_larger_than_any_that_fits_is_refused(path: str, body: str | bytes) -> None:
    answer = request("POST", path, body=body, headers={"content-type": "text/csv"})

    assert (answer.status, answer.json["error"]) == (413, "RequestTooLargeError")
    assert "65,536" in answer.json["detail"]


def test_a_question_of_nothing_but_escapes_fits() -> None:
    """Outside the basic plane, a character of JSON may take twelve bytes."""
    longest = {"question": "\U0001f600" * 1_000, "speaker": "\U0001f600" * 100}
    body = json.dumps({**longest, "key": "\U0001f600" * 1_024, "since": "2026-11-23T10:00:00Z"})

    assert len(body) > 25_000
    assert request("POST", "/v1/ask", body=body).json["error"] != "RequestTooLargeError"


@pytest.mark.parametrize("question", ["x" * 1_000 + " ", "\r" * 1_001 + "x", "  ", ""])
def test_a_question_has_its_limits_as_it_is_sent(question: str) -> None:
    """The description names them, and knows nothing of blanks that are removed."""
    answer = request("POST", "/v1/ask", body=json.dumps({"question": question}))

    assert answer.status == 422


def test_all_parts_of_an_upload_fit() -> None:
    parts = [{"number": n, "etag": f'"{n:032x}"'} for n in range(1, 10_001)]
    body = json.dumps({"parts": parts}, indent=0)

    assert request("POST", "/v1/uploads/1/complete", body=body).status == 404
    assert request("POST", "/v1/uploads/1/complete", body=body * 2).status == 413


@pytest.mark.parametrize("media_type", ["text/csv", "multipart/form-data", "", "application/x"])
def test_a_body_that_is_no_json_is_refused(media_type: str) -> None:
    headers = {"content-type": media_type}

    answer = request("POST", "/v1/ask", body="a,b", headers=headers)

    assert (answer.status, answer.json["error"]) == (415, "UnsupportedMediaTypeError")


@pytest.mark.parametrize("body", [b'{"question": "\xe4"}', b"\xff\xd8"])
def test_a_body_that_is_no_text_is_refused(body: bytes) -> None:
    answer = request("POST", "/v1/ask", body=body)

    assert (answer.status, answer.json["error"]) == (422, "InvalidRequestError")
    assert "UTF-8" in answer.json["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/v1/health", "GET"),
        ("TRACE", "/v1/jobs", "GET"),
        ("GET", "/v1/jobs/1/cancel", "POST"),
        ("PATCH", "/v1/speakers", "GET, DELETE"),
    ],
)
def test_the_methods_of_an_address_are_named(method: str, path: str, allowed: str) -> None:
    answer = request(method, path)

    assert (answer.status, answer.json["error"]) == (405, "MethodNotAllowedError")
    assert set(answer.headers["Allow"].split(", ")) == set(allowed.split(", "))


def failing(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_job_id: str) -> None:
        raise error

    monkeypatch.setattr(jobs, "found", fail)


def aws_error(code: str, status: int) -> ClientError:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "GetItem")  # type: ignore[arg-type]  # the stubs want more


@pytest.mark.parametrize(
    "error",
    [
        aws_error("ThrottlingException", 400),
        aws_error("InternalServerError", 500),
        EndpointConnectionError(endpoint_url="https://example.com"),
    ],
)
def test_a_client_may_try_again_if_aws_is_busy(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(error, monkeypatch)

    answer = request("GET", "/v1/jobs/1")

    assert (answer.status, answer.json["error"]) == (503, "TransientError")
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    "error", [ValueError("she said: fire them"), aws_error("AccessDeniedException", 400)]
)
def test_a_bug_says_nothing_of_what_it_worked_on(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failing(error, monkeypatch)

    answer = request("GET", "/v1/jobs/1")

    assert (answer.status, answer.json["error"]) == (500, "InternalError")
    logged = str([vars(record) for record in caplog.records])
    assert "fire them" not in answer.text + logged
    assert type(error).__name__ in logged
    assert "test_api_protocol.py" in logged


@pytest.mark.usefixtures("aws")
def test_the_log_has_the_status_but_no_name(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")

    request("GET", "/v1/jobs", query={"name": "merger"})
    request("GET", "/v1/jobs/secret-id")

    found = [(record.__dict__["status"], record.__dict__["seconds"]) for record in caplog.records]
    assert [status for status, _ in found] == [200, 404]
    assert all(0 <= seconds < 60 for _, seconds in found)
    assert not re.search("merger|secret-id", str([vars(record) for record in caplog.records]))


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("path", "waits"),
    [
        ("/v1/jobs", False),
        ("/v1/jobs/1", False),
        ("/v1/search", False),
        ("/v1/jobs/1/events", True),
        ("/v1/ask", True),
    ],
)
def test_requests_that_wait_for_something_are_not_measured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *, path: str, waits: bool
) -> None:
    monkeypatch.setenv("STAGE", "dev")

    request("GET", path)

    assert ("ApiSeconds" in capsys.readouterr().out) != waits


def test_the_log_has_the_id_of_the_job_that_a_request_is_about() -> None:
    job_id = "0123456789abcdef" * 2
    logged = []

    for path in ("/v1/me", f"/v1/jobs/{job_id}", f"/v1/jobs/{job_id}/nothing", "/v1/me"):
        request("GET", path)
        logged.append(logger.get_current_keys()["job_id"])

    assert logged == [None, job_id, job_id, None]


@pytest.mark.parametrize("kind", list(all_errors()), ids=lambda kind: kind.__name__)
def test_every_error_of_ours_is_a_problem_with_its_advice(
    kind: type[PipelineError], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(kind("the message"), monkeypatch)

    answer = request("GET", "/v1/jobs/1")

    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json
    assert (problem["error"], problem["status"]) == (kind.__name__, answer.status)
    assert (problem["detail"], problem["advice"]) == ("the message", kind.advice)
    assert answer.status >= 400
    assert problem["title"][0].isupper()


def test_a_refused_vendor_key_is_not_the_callers_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(KeyRefusedError("OpenAI refused the key"), monkeypatch)

    assert request("GET", "/v1/jobs/1").status == 502
