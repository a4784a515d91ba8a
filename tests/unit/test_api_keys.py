"""The vendors' keys are cached, and read again when a vendor refuses one."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from api_requests import request
from conftest import Aws, our_session
from lifestream.api import jobs
from lifestream.aws import clients
from lifestream.aws.api_keys import load_api_keys
from lifestream.errors import ConfigurationError, KeyRefusedError, TransientError
from lifestream.step import forgetting_refused_keys


@pytest.fixture
def secret(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> str:  # noqa: ARG001
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    made = our_session().client("secretsmanager").create_secret(Name="keys", SecretString="{}")
    monkeypatch.setenv("API_KEYS_SECRET", made["ARN"])
    return made["ARN"]


def store(secret: str, key: str) -> None:
    text = json.dumps({"OPENAI_API_KEY": key})
    our_session().client("secretsmanager").put_secret_value(SecretId=secret, SecretString=text)


def key() -> str | None:
    found = load_api_keys().openai_api_key
    return found.get_secret_value() if found else None


@pytest.mark.fault(
    "F10",
    by="the key is rotated while a warm process has the old one",
    so="the secret is read again, once",
)
def test_a_rotated_key_is_read_when_the_old_one_is_refused(secret: str) -> None:
    store(secret, "old")
    assert key() == "old"
    store(secret, "new")
    assert key() == "old"

    with pytest.raises(KeyRefusedError), forgetting_refused_keys():
        raise KeyRefusedError("401")

    assert key() == "new"


def test_the_api_reads_a_rotated_key_when_the_old_one_is_refused(
    secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_job_id: str) -> None:
        raise KeyRefusedError("401")

    monkeypatch.setattr(jobs, "found", refuse)
    store(secret, "old")
    assert key() == "old"
    store(secret, "new")

    assert request("GET", "/v1/jobs/1").status == 502

    assert key() == "new"


@pytest.mark.fault(
    "F10",
    by="Secrets Manager throttles, or denies access",
    so="a transient error; a permanent error",
)
@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("ThrottlingException", 400, TransientError),
        ("InternalServiceError", 500, TransientError),
        ("AccessDeniedException", 400, ConfigurationError),
    ],
)
def test_an_unreadable_secret_is_transient_or_permanent(
    secret: str, code: str, status: int, expected: type[Exception]
) -> None:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}

    def refuse(**_: object) -> None:
        raise ClientError(answer, "GetSecretValue")  # type: ignore[arg-type]  # the stubs want more

    events = clients.secrets_manager().meta.events
    events.register("before-call", refuse)
    try:
        with pytest.raises(expected):
            load_api_keys(secret)
    finally:
        events.unregister("before-call", refuse)
