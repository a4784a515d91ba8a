"""The local stack answers only signed requests, not other pages or programs."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import boto3
import pytest
import requests
from botocore import UNSIGNED
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config
from botocore.exceptions import ClientError

from cdk_app.local.session import ACCOUNT, REGION
from local_stack import Pipeline

pytestmark = pytest.mark.attack

CALLS: dict[str, Callable[[Any], Any]] = {
    "s3": lambda s3: s3.list_objects_v2(Bucket="any"),
    "sqs": lambda sqs: sqs.list_queues(),
    "dynamodb": lambda dynamodb: dynamodb.list_tables(),
    "lambda": lambda functions: functions.list_functions(),
    "sts": lambda sts: sts.get_caller_identity(),
    "cloudformation": lambda stacks: stacks.describe_stacks(),
    "secretsmanager": lambda secrets: secrets.list_secrets(),
    "stepfunctions": lambda machines: machines.list_state_machines(),
    "cognito-idp": lambda pools: pools.list_user_pools(MaxResults=1),
}
WRONG_SECRET = {"SignatureDoesNotMatch", "InvalidSignatureException"}
NO_SUCH_KEY = {"InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException"}
UNSIGNED_REQUEST = {
    "AccessDenied",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "UnrecognizedClientException",
}


def stranger(pipeline: Pipeline, service: str, key: str, secret: str = "guessed") -> Any:  # noqa: S107  # a wrong one
    return any_client(
        service,
        region_name=REGION,
        endpoint_url=pipeline.aws.endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0}),
    )


def any_client(service: str, **options: Any) -> Any:
    session: Any = boto3.Session()  # its stubs know services by literal
    return session.client(service, **options)


def error_of(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    assert caught.value.response["Error"]["Message"]
    return str(caught.value.response["Error"]["Code"])


@pytest.mark.parametrize("service", CALLS)
def test_a_wrong_secret_key_is_refused(pipeline: Pipeline, service: str) -> None:
    client = stranger(pipeline, service, pipeline.aws.root.access_key)

    assert error_of(lambda: CALLS[service](client)) in WRONG_SECRET


@pytest.mark.parametrize("service", CALLS)
@pytest.mark.parametrize("key", [ACCOUNT, "test", "111122223333", "AKIAIOSFODNN7EXAMPLE"])
def test_an_unknown_access_key_is_refused(pipeline: Pipeline, service: str, key: str) -> None:
    for secret in ("test", pipeline.aws.root.secret_key):
        client = stranger(pipeline, service, key, secret)

        assert error_of(partial(CALLS[service], client)) in NO_SUCH_KEY


@pytest.mark.parametrize("service", CALLS)
def test_an_unsigned_request_is_refused(pipeline: Pipeline, service: str) -> None:
    client = any_client(
        service,
        region_name=REGION,
        endpoint_url=pipeline.aws.endpoint,
        config=Config(signature_version=UNSIGNED),
    )

    assert error_of(lambda: CALLS[service](client)) in UNSIGNED_REQUEST


def test_a_large_body_is_refused_with_a_reason(pipeline: Pipeline) -> None:
    """The connection must not break. boto3 waits for the response before it sends the body."""
    body = b"x" * 20_000_000
    client = stranger(pipeline, "s3", pipeline.aws.root.access_key)
    address = f"{pipeline.aws.endpoint}/{pipeline.bucket}/much"

    code = error_of(lambda: client.put_object(Bucket=pipeline.bucket, Key="much", Body=body))

    assert code == "SignatureDoesNotMatch"
    assert requests.put(address, data=body, timeout=30).status_code == 403
    assert pipeline.keys("much") == []


@pytest.mark.parametrize("service", ["s3", "sqs"])
def test_a_body_that_was_changed_on_the_way_is_refused(pipeline: Pipeline, service: str) -> None:
    session: Any = pipeline.aws.session()
    client = session.client(service)

    def change(request: AWSPreparedRequest, **_: Any) -> None:
        size = int(request.headers["Content-Length"])
        request.body = io.BytesIO(b"#" * size) if service == "s3" else b"#" * size

    client.meta.events.register("before-send", change)
    calls = {
        "s3": lambda: client.put_object(Bucket=pipeline.bucket, Key="changed", Body=b"as signed"),
        "sqs": lambda: client.create_queue(QueueName="changed"),
    }

    assert error_of(calls[service]) in WRONG_SECRET | {"XAmzContentSHA256Mismatch"}
    assert pipeline.keys("changed") == []


def test_the_secret_key_of_a_function_cannot_be_worked_out(pipeline: Pipeline) -> None:
    """MiniStack derives it from the function's name and role, which are in the template."""
    functions = pipeline.aws.session().client("lambda").list_functions()["Functions"]
    assert functions

    for function in functions:
        named = f"{function['FunctionArn']}:{function['Role']}"
        digest = hashlib.sha256(named.encode()).hexdigest()
        session = boto3.Session(
            aws_access_key_id=f"ASIA{digest[:16].upper()}",
            aws_secret_access_key=hashlib.sha256(f"secret:{digest}".encode()).hexdigest(),
            aws_session_token=hashlib.sha256(f"token:{digest}".encode()).hexdigest(),
            region_name=REGION,
        )
        sts = session.client("sts", endpoint_url=pipeline.aws.endpoint)

        assert error_of(sts.get_caller_identity) in NO_SUCH_KEY


def test_a_role_is_answered_with_its_token_and_not_without(pipeline: Pipeline) -> None:
    sts = pipeline.aws.session().client("sts")
    [role, *_] = pipeline.aws.session().client("iam").list_roles()["Roles"]
    keys = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="me")["Credentials"]

    def identity(token: str | None, secret: str) -> Any:
        session = boto3.Session(keys["AccessKeyId"], secret, token, region_name=REGION)
        return session.client("sts", endpoint_url=pipeline.aws.endpoint).get_caller_identity()

    assert identity(keys["SessionToken"], keys["SecretAccessKey"])["Arn"].endswith("/me")
    assert error_of(lambda: identity(None, keys["SecretAccessKey"])) in NO_SUCH_KEY
    assert error_of(lambda: identity("another", keys["SecretAccessKey"])) in NO_SUCH_KEY
    assert error_of(lambda: identity(keys["SessionToken"], "guessed")) in WRONG_SECRET


def test_a_person_with_a_session_of_their_own_is_answered(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of a session with AWS")
    for name, value in pipeline.aws.environment.items():
        monkeypatch.setenv(name, value)

    assert boto3.Session().client("sts").get_caller_identity()["Account"] == ACCOUNT


def presigned(pipeline: Pipeline, key: str = "closed/secret.txt") -> str:
    pipeline.s3.put_object(Bucket=pipeline.bucket, Key=key, Body=b"what was said")
    where = {"Bucket": pipeline.bucket, "Key": key}
    return str(pipeline.s3.generate_presigned_url("get_object", where, ExpiresIn=60))


def test_a_presigned_address_gives_its_object_and_nothing_else(pipeline: Pipeline) -> None:
    address = presigned(pipeline)

    assert requests.get(address, timeout=60).text == "what was said"
    for found, put in (
        ("secret.txt", "other.txt"),
        ("Expires=60", "Expires=6000"),
        ("Signature=", "Signature=0"),
        (pipeline.aws.root.access_key, ACCOUNT),
    ):
        assert found in address
        answer = requests.get(address.replace(found, put), timeout=60)
        assert (answer.status_code, "what was said" in answer.text) == (403, False), put
    assert requests.delete(address, timeout=60).status_code == 403
    assert pipeline.keys("closed/secret.txt") == ["closed/secret.txt"]


def test_a_presigned_address_expires(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_at = datetime.now(UTC) - timedelta(seconds=62)
    with monkeypatch.context() as past:
        past.setattr("botocore.auth.get_current_datetime", lambda: signed_at)
        address = pipeline.s3.generate_presigned_url(
            "get_object", {"Bucket": pipeline.bucket, "Key": "any"}, ExpiresIn=60
        )

    answer = requests.get(address, timeout=60)

    assert (answer.status_code, "expired" in answer.text) == (403, True)


def test_an_old_request_is_refused(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_at = datetime.now(UTC) - timedelta(minutes=16)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: signed_at)

    code = error_of(pipeline.aws.session().client("s3").list_buckets)

    assert code == "RequestTimeTooSkewed"


@pytest.mark.parametrize("without", ["policy", "x-amz-signature", "x-amz-credential", "all"])
def test_an_upload_by_a_form_needs_a_genuine_one(pipeline: Pipeline, without: str) -> None:
    form = pipeline.service.generate_presigned_upload_url("forged form.mp4")
    fields = {} if without == "all" else {k: v for k, v in form.fields.items() if k != without}

    for forged in (fields | {"key": form.key}, form.fields | {"x-amz-signature": "0" * 64}):
        answer = requests.post(form.url, data=forged, files={"file": b"x"}, timeout=60)

        assert answer.status_code == 403
    assert pipeline.keys("uploads/forged") == []
