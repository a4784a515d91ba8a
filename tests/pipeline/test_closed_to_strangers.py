"""The embedded AWS answers nobody but who can sign: not other pages, not other programs."""

from __future__ import annotations

import hashlib
import http.client
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import boto3
import pytest
import requests
from botocore import UNSIGNED
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from cdk_app.local.session import ACCOUNT, REGION
from pipeline.conftest import Pipeline

CALLS: dict[str, Callable[[Any], Any]] = {
    "s3": lambda s3: s3.list_buckets(),
    "sqs": lambda sqs: sqs.list_queues(),
    "dynamodb": lambda dynamodb: dynamodb.list_tables(),
    "lambda": lambda functions: functions.list_functions(),
    "sts": lambda sts: sts.get_caller_identity(),
    "cloudformation": lambda stacks: stacks.describe_stacks(),
    "secretsmanager": lambda secrets: secrets.list_secrets(),
    "stepfunctions": lambda machines: machines.list_state_machines(),
}
WRONG_SECRET = {"SignatureDoesNotMatch", "InvalidSignatureException"}
NO_SUCH_KEY = {"InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException"}
UNSIGNED_REQUEST = {
    "AccessDenied",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "UnrecognizedClientException",
}
FOREIGN_ORIGINS = ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1"]
FOREIGN_HOSTS = ["evil.example", "127.0.0.1.evil.example", "127.0.0.1", "127.0.0.1:1", "0.0.0.0"]  # noqa: S104  # names, not addresses
CLOSED = [
    ("POST", "/_ministack/reset"),
    ("POST", "/_ministack/%72eset"),
    ("POST", "/_ministack/config"),
    ("GET", "/_ministack/ready"),
    ("GET", "/_ministack/sqs/messages"),
    ("GET", "/_ministack/ses/messages"),
    ("GET", "/_ministack/sns/sms-messages"),
    ("GET", "/_ministack/lambda-code/any"),
    ("GET", "/_ministack/transfer/sftp-ports"),
    ("GET", "/_ministack/iot/ca.pem"),
    ("POST", "/_ministack/rds/iam-auth"),
    ("POST", "/_ministack/eks-auth/any"),
    ("PUT", "/_ministack/cfn-response/guessed"),
    ("PUT", "/_ministack/cfn-signal/guessed"),
    ("POST", "/_ministack/health"),
    ("GET", "/_localstack/health"),
    ("GET", "/health"),
    ("GET", "/_aws/execute-api/any/stage"),
    ("GET", "/_alb/any"),
    ("GET", "/latest/meta-data/iam/security-credentials/any"),
    ("PUT", "/latest/api/token"),
    ("GET", "/v2/credentials/any"),
    ("GET", "/v4/any-container/task"),
]


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
def test_an_access_key_that_nobody_gave_out_is_refused(
    pipeline: Pipeline, service: str, key: str
) -> None:
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


def test_who_sends_much_is_refused_with_a_reason_too(pipeline: Pipeline) -> None:
    """And not with a broken connection. boto3 waits for the answer before it sends the body."""
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
    """MiniStack makes it of the function's name and role, which templates tell."""
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

    assert requests.get(address, timeout=10).text == "what was said"
    for found, put in (
        ("secret.txt", "other.txt"),
        ("Expires=60", "Expires=6000"),
        ("Signature=", "Signature=0"),
        (pipeline.aws.root.access_key, ACCOUNT),
    ):
        assert found in address
        answer = requests.get(address.replace(found, put), timeout=10)
        assert (answer.status_code, "what was said" in answer.text) == (403, False), put
    assert requests.delete(address, timeout=10).status_code == 403
    assert pipeline.keys("closed/secret.txt") == ["closed/secret.txt"]


def test_a_presigned_address_expires(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_at = datetime.now(UTC) - timedelta(seconds=62)
    with monkeypatch.context() as past:
        past.setattr("botocore.auth.get_current_datetime", lambda: signed_at)
        address = pipeline.s3.generate_presigned_url(
            "get_object", {"Bucket": pipeline.bucket, "Key": "any"}, ExpiresIn=60
        )

    answer = requests.get(address, timeout=10)

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
        answer = requests.post(form.url, data=forged, files={"file": b"x"}, timeout=10)

        assert answer.status_code == 403
    assert pipeline.keys("uploads/forged") == []


def ask(
    pipeline: Pipeline, method: str, path: str, headers: dict[str, str]
) -> tuple[int, dict[str, str], bytes]:
    """Exactly these headers, whatever they say."""
    address = urlsplit(pipeline.aws.endpoint)
    connection = http.client.HTTPConnection(str(address.hostname), address.port or 80, timeout=10)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_a_foreign_origin_is_refused_and_may_read_nothing(
    pipeline: Pipeline, origin: str, method: str
) -> None:
    address = urlsplit(presigned(pipeline))
    headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}

    for path in (f"{address.path}?{address.query}", "/_ministack/health", "/"):
        status, answered, body = ask(pipeline, method, path, headers)

        assert (status, b"what was said" in body) == (403, False)
        assert [name for name in answered if name.startswith("access-control-")] == []


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_foreign_host_is_refused_even_when_it_is_signed(pipeline: Pipeline, host: str) -> None:
    for path in ("/_ministack/health", f"/{pipeline.bucket}"):
        signed = signed_headers(pipeline, "GET", path, host=host)

        assert ask(pipeline, "GET", path, signed)[0] == 403


def signed_headers(pipeline: Pipeline, method: str, path: str, host: str = "") -> dict[str, str]:
    """By the root, for S3."""
    root = pipeline.aws.root
    host = host or urlsplit(pipeline.aws.endpoint).netloc
    request = AWSRequest(method, f"http://{host}{path}", headers={"Host": host})
    credentials = Credentials(root.access_key, root.secret_key)
    S3SigV4Auth(credentials, "s3", REGION).add_auth(request)
    return dict(request.headers.items())


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_what_only_the_emulator_has_is_closed_even_to_the_root(
    pipeline: Pipeline, method: str, path: str
) -> None:
    queue = quote(pipeline.aws.outputs["AwsSqsDlqUrl"], safe="")

    for headers in ({}, signed_headers(pipeline, method, path)):
        status, _, body = ask(pipeline, method, f"{path}?QueueUrl={queue}", headers)

        assert (status, b"AccessDenied" in body) == (403, True)
    pipeline.s3.head_bucket(Bucket=pipeline.bucket)


def test_health_is_told_to_everybody_on_this_machine(pipeline: Pipeline) -> None:
    host = urlsplit(pipeline.aws.endpoint).netloc

    status, headers, _ = ask(pipeline, "GET", "/_ministack/health", {"Host": host})

    assert status == 200
    assert [name for name in headers if name.startswith("access-control-")] == []


def test_no_answer_may_be_read_by_other_pages(pipeline: Pipeline) -> None:
    endpoint = f"{pipeline.aws.endpoint}/"
    body = "Action=GetCallerIdentity&Version=2011-06-15"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    request = AWSRequest("POST", endpoint, headers=form, data=body)
    root = Credentials(pipeline.aws.root.access_key, pipeline.aws.root.secret_key)
    SigV4Auth(root, "sts", REGION).add_auth(request)

    answer = requests.post(endpoint, data=body, headers=dict(request.headers.items()), timeout=10)

    assert ACCOUNT in answer.text
    assert [name for name in answer.headers if name.lower().startswith("access-control")] == []


def test_no_websocket_is_opened(pipeline: Pipeline) -> None:
    headers = {
        "Host": urlsplit(pipeline.aws.endpoint).netloc,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }

    assert ask(pipeline, "GET", "/_aws/execute-api/any/stage", headers)[0] == 403


def test_the_secret_key_is_in_no_argument_and_no_environment(pipeline: Pipeline) -> None:
    """Whoever runs as the same person can read both: a decoder that was taken over, say."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                if pipeline.aws.root.secret_key.encode() in (process / name).read_bytes():
                    found.append(f"{process.name}/{name}")
            except OSError:
                continue
    assert found == []
    assert pipeline.aws.root.secret_key not in pipeline.aws.log.read_text()
