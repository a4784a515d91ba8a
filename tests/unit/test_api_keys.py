"""The vendors' keys: read once, read anew when one is refused."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from conftest import Aws, our_session
from lifestream.aws import clients
from lifestream.aws.api_keys import load_api_keys, with_keys
from lifestream.errors import ConfigurationError, KeyRefusedError, TransientError
from lifestream.settings import ApiKeys


@pytest.fixture
def secret(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> str:  # noqa: ARG001
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    made = our_session().client("secretsmanager").create_secret(Name="keys", SecretString="{}")
    monkeypatch.setenv("API_KEYS_SECRET", made["ARN"])
    return made["ARN"]


def store(secret: str, key: str) -> None:
    text = json.dumps({"OPENAI_API_KEY": key})
    our_session().client("secretsmanager").put_secret_value(SecretId=secret, SecretString=text)


def used(given: ApiKeys) -> str:
    assert given.openai_api_key is not None
    key = given.openai_api_key.get_secret_value()
    if key == "old":
        raise KeyRefusedError("401")
    return key


@pytest.mark.fault("F10", by="rotated while a warm process has the old one", so="read anew, once")
def test_a_rotated_key_is_read_when_the_old_one_is_refused(secret: str) -> None:
    store(secret, "old")
    load_api_keys()
    store(secret, "new")

    assert with_keys(used) == "new"


@pytest.mark.fault("F2", by="refused, and there is no newer one", so="permanent, after one look")
def test_a_key_that_is_refused_for_good_is_an_error(secret: str) -> None:
    store(secret, "old")

    with pytest.raises(KeyRefusedError):
        with_keys(used)


@pytest.mark.fault("F10", by="Secrets Manager throttles, or forbids", so="transient; permanent")
@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("ThrottlingException", 400, TransientError),
        ("InternalServiceError", 500, TransientError),
        ("AccessDeniedException", 400, ConfigurationError),
    ],
)
def test_a_secret_that_cannot_be_read_is_named(
    secret: str, code: str, status: int, expected: type[Exception]
) -> None:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}

    def refuse(**_: object) -> None:
        raise ClientError(answer, "GetSecretValue")  # type: ignore[arg-type]  # the stubs want more

    clients.secrets_manager().meta.events.register("before-call", refuse)

    with pytest.raises(expected):
        load_api_keys(secret)
