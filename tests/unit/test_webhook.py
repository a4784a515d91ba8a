"""A webhook's receiver can verify the sender, and no message goes to a private address."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook

from builders import SUBMITTED, a_job
from fakes import Answer, LocalEndpoint
from lifestream import webhook
from lifestream.domain.job import JobStatus
from lifestream.domain.job_ended import JobEnded
from lifestream.errors import ConfigurationError, TransientError, WebhookRefusedError
from triggers.webhook import handler

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  # an example of the specification
JOB = a_job()
ENDED = JobEnded(
    event_id=f"{JOB.job_id}-1",
    job_id=JOB.job_id,
    attempt=1,
    status=JobStatus.SUCCEEDED,
    bucket=JOB.bucket,
    key=JOB.key,
    version_id=JOB.version_id,
    submitted_at=SUBMITTED,
    ended_at=SUBMITTED,
    results_prefix=JOB.results_prefix,
    failure=None,
)
EVENT = {
    "source": "lifestream",
    "detail-type": "Job Ended",
    "detail": ENDED.model_dump(mode="json"),
}


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalEndpoint]:
    """Run a receiver on loopback, which the settings allow although it is private."""
    monkeypatch.setattr(webhook, "PAUSE_SECONDS", 0)
    endpoint = LocalEndpoint(lambda _path, _request: (200, {}))
    monkeypatch.setenv("WEBHOOK_URL", f"{endpoint.url}/hooks/lifestream?team=a")
    monkeypatch.setenv("WEBHOOK_MAY_BE_PRIVATE", "true")
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    with endpoint.running():
        yield endpoint


def test_the_receiver_can_verify_the_message_with_the_library_of_the_standard(
    receiver: LocalEndpoint,
) -> None:
    handler(EVENT, None)

    [(path, request)] = receiver.requests
    [headers] = receiver.headers
    body = ENDED.model_dump_json()
    assert path == "/hooks/lifestream?team=a"
    assert JobEnded.model_validate(request) == ENDED
    assert Webhook(SECRET).verify(body, headers) == json.loads(body)
    assert headers["webhook-id"] == ENDED.event_id
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(SECRET).verify(body.replace("SUCCEEDED", "FAILED"), headers)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_receiver_is_asked_three_times_with_the_same_id(
    receiver: LocalEndpoint, status: int
) -> None:
    answers: Iterator[Answer] = iter([(status, {}), (status, {}), (200, {})])
    receiver.answer = lambda _path, _request: next(answers)

    handler(EVENT, None)

    assert len(receiver.requests) == 3
    assert {headers["webhook-id"] for headers in receiver.headers} == {ENDED.event_id}


@pytest.mark.parametrize(
    ("answer", "error", "tries"),
    [
        ((503, {}), TransientError, 3),
        ((404, {}), WebhookRefusedError, 1),
        ((302, {}), WebhookRefusedError, 1),
    ],
)
def test_a_refused_message_is_an_error_without_secrets(
    receiver: LocalEndpoint, answer: Answer, error: type[Exception], tries: int
) -> None:
    receiver.answer = lambda _path, _request: answer

    with pytest.raises(error) as raised:
        handler(EVENT, None)

    assert len(receiver.requests) == tries
    assert "team=a" not in str(raised.value)
    assert SECRET not in str(raised.value)


def test_a_receiver_that_does_not_listen_is_transient(
    receiver: LocalEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBHOOK_URL", "http://127.0.0.1:9/")

    with pytest.raises(TransientError, match=r"127\.0\.0\.1 cannot be reached"):
        handler(EVENT, None)
    assert receiver.requests == []


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
     "0.0.0.1", "::1", "fd00::1", "fe80::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"],
)  # fmt: skip
def test_no_name_leads_into_a_private_network(
    monkeypatch: pytest.MonkeyPatch, receiver: LocalEndpoint, address: str
) -> None:
    """One private address among several is enough to refuse, including the metadata service's."""
    found = [(0, 0, 0, "", (a, 443)) for a in ("93.184.215.14", address)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: found)
    monkeypatch.setenv("WEBHOOK_MAY_BE_PRIVATE", "false")
    monkeypatch.setenv("WEBHOOK_URL", "https://inside.example/hook")

    with pytest.raises(WebhookRefusedError, match="is not a public address"):
        handler(EVENT, None)
    assert receiver.requests == []


@pytest.mark.parametrize(
    "url", ["http://example.com/", "ftp://example.com/", "https://", "https://a:b@example.com/"]
)
def test_an_address_that_is_not_https_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="WEBHOOK_URL"):
        webhook.parse_url(url, may_be_private=False)


def test_a_missing_or_invalid_secret_is_an_error(
    receiver: LocalEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WEBHOOK_SECRET")
    with pytest.raises(ConfigurationError, match="WEBHOOK_SECRET is in neither"):
        handler(EVENT, None)
    with pytest.raises(ConfigurationError, match="whsec_ followed by base64"):
        webhook.signature_headers("1", "{}", SecretStr("no base64 at all!"))
    assert receiver.requests == []


def test_the_connection_goes_to_the_checked_address(
    receiver: LocalEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that resolves to another address the second time has no effect."""
    asked: list[Any] = []
    real = socket.getaddrinfo

    def rebinding(host: str, *args: Any, **more: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1" if host == "rebound.example" else host, *args, **more)

    port = receiver.url.rpartition(":")[2]
    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setenv("WEBHOOK_URL", f"http://rebound.example:{port}/")

    handler(EVENT, None)

    assert asked.count("rebound.example") == 1
    [headers] = receiver.headers
    assert headers["Host"] == f"rebound.example:{port}"
