"""The local stack refuses foreign origins, foreign hosts and the emulator's own endpoints."""

from __future__ import annotations

import http.client
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import requests
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from cdk_app.local.session import ACCOUNT, REGION
from local_stack import Pipeline
from pipeline.test_closed_to_strangers import presigned

pytestmark = pytest.mark.attack

FOREIGN_ORIGINS = ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1"]
FOREIGN_HOSTS = ["evil.example", "127.0.0.1.evil.example", "127.0.0.1", "127.0.0.1:1", "0.0.0.0"]  # noqa: S104  # names, not addresses
OPEN = ["/", "/upload", "/icon.svg", "/assets/index.js", "/v1/health", "/oauth2/authorize"]
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


def ask(
    pipeline: Pipeline, method: str, path: str, headers: dict[str, str]
) -> tuple[int, dict[str, str], bytes]:
    """Send a request with exactly these headers."""
    address = urlsplit(pipeline.aws.endpoint)
    connection = http.client.HTTPConnection(str(address.hostname), address.port or 80, timeout=60)
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

    presigned_path = f"{address.path}?{address.query}"
    for path in (presigned_path, "/_ministack/health", *OPEN):
        status, answered, body = ask(pipeline, method, path, headers)

        assert (status, b"what was said" in body) == (403, False)
        assert [name for name in answered if name.startswith("access-control-")] == []


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_foreign_host_is_refused_even_when_it_is_signed(pipeline: Pipeline, host: str) -> None:
    for path in ("/_ministack/health", f"/{pipeline.bucket}"):
        signed = signed_headers(pipeline, "GET", path, host=host)

        assert ask(pipeline, "GET", path, signed)[0] == 403
    for path in OPEN:
        assert ask(pipeline, "GET", path, {"Host": host})[0] == 403


def signed_headers(pipeline: Pipeline, method: str, path: str, host: str = "") -> dict[str, str]:
    """Return headers for S3 that the root key signed."""
    root = pipeline.aws.root
    host = host or urlsplit(pipeline.aws.endpoint).netloc
    request = AWSRequest(method, f"http://{host}{path}", headers={"Host": host})
    credentials = Credentials(root.access_key, root.secret_key)
    S3SigV4Auth(credentials, "s3", REGION).add_auth(request)
    return dict(request.headers.items())


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_emulator_only_endpoints_are_closed_even_to_the_root(
    pipeline: Pipeline, method: str, path: str
) -> None:
    queue = quote(pipeline.aws.outputs["AwsSqsDlqUrl"], safe="")

    for headers in ({}, signed_headers(pipeline, method, path)):
        status, _, body = ask(pipeline, method, f"{path}?QueueUrl={queue}", headers)

        assert (status, b"AccessDenied" in body) == (403, True)
    pipeline.s3.head_bucket(Bucket=pipeline.bucket)


def test_health_needs_no_signature(pipeline: Pipeline) -> None:
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

    answer = requests.post(endpoint, data=body, headers=dict(request.headers.items()), timeout=60)

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
    """Any process of the same user can read both, such as a decoder that was taken over."""
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
