"""Requests that boto3 signed pass; altered ones do not."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.config import Config

from cdk_app.local.credentials import Credentials
from cdk_app.local.ministack.signatures import (
    BODY_HASH,
    RefusedError,
    Request,
    read_form_signature,
    read_signature,
    require_current,
    require_genuine,
    require_genuine_form,
)

pytestmark = pytest.mark.attack

KEYS = Credentials.random()
ENDPOINT = "http://127.0.0.1:4566"
ODD_KEYS = ["a/b.mp4", "with space & plus+.mp4", "100% %2B#?.mov", "//会議/../é🎬~'(!).mkv"]


@dataclass(frozen=True)
class Sent:
    request: Request
    body: bytes


def client(service: str, *, token: str | None = None, **options: Any) -> Any:
    version = "s3v4" if service == "s3" else "v4"  # S3's presigned addresses are V2 otherwise
    session: Any = boto3.Session()  # its stubs know services by literal
    return session.client(
        service,
        region_name="us-east-1",
        endpoint_url=ENDPOINT,
        aws_access_key_id=KEYS.access_key,
        aws_secret_access_key=KEYS.secret_key,
        aws_session_token=token,
        config=Config(signature_version=version, retries={"max_attempts": 0}, **options),
    )


def sent(service: Any, call: Callable[[Any], Any]) -> Sent:
    """Return the request that the client would have sent."""
    caught: list[AWSPreparedRequest] = []

    def catch(request: AWSPreparedRequest, **_: Any) -> None:
        caught.append(request)
        raise InterruptedError

    service.meta.events.register("before-send", catch)
    with pytest.raises(InterruptedError):
        call(service)
    headers = {name: _text(value) for name, value in caught[0].headers.items()}
    body: Any = caught[0].body or b""
    body = body.read() if hasattr(body, "read") else body
    body = body.encode() if isinstance(body, str) else bytes(body)
    return Sent(arrived(caught[0].method, caught[0].url, headers), body)


def arrived(method: str, url: str, headers: dict[str, str] | None = None) -> Request:
    address = urlsplit(url)
    query = tuple(parse_qsl(address.query, keep_blank_values=True))
    lower = {name.lower(): value for name, value in (headers or {}).items()}
    return Request(method, address.path, query, {"host": address.netloc} | lower)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def check(request: Request, body: bytes = b"", *, secret_key: str = KEYS.secret_key) -> None:
    signature = read_signature(request)
    if signature.access_key != KEYS.access_key:
        raise RefusedError("InvalidAccessKeyId", "unknown")
    require_current(signature, datetime.now(UTC))
    require_genuine(request, signature, secret_key, body)


CALLS: list[tuple[str, Callable[[Any], Any]]] = [
    *(("s3", lambda s3, key=key: s3.get_object(Bucket="b", Key=key)) for key in ODD_KEYS),
    *(("s3", lambda s3, key=key: s3.list_objects_v2(Bucket="b", Prefix=key)) for key in ODD_KEYS),
    ("s3", lambda s3: s3.put_object(Bucket="b", Key="k", Body=b"x", Metadata={"a": "b   c"})),
    ("s3", lambda s3: s3.put_bucket_versioning(Bucket="b", VersioningConfiguration={})),
    ("s3", lambda s3: s3.get_bucket_versioning(Bucket="b")),
    ("s3", lambda s3: s3.delete_objects(Bucket="b", Delete={"Objects": [{"Key": "k"}]})),
    ("sqs", lambda sqs: sqs.send_message(QueueUrl=f"{ENDPOINT}/0/q", MessageBody="é")),
    ("dynamodb", lambda dynamodb: dynamodb.get_item(TableName="t", Key={"id": {"S": "é"}})),
    ("sts", lambda sts: sts.get_caller_identity()),
    ("cloudformation", lambda stacks: stacks.describe_stacks(StackName="a b")),
    ("lambda", lambda functions: functions.get_function(FunctionName="arn:aws:lambda:x:1:f:g")),
    ("lambda", lambda functions: functions.list_functions(Marker="a b/+")),
]


@pytest.mark.parametrize(("service", "call"), CALLS)
@pytest.mark.parametrize("token", [None, "a-session/token+="])
def test_requests_signed_by_boto3_are_genuine(
    service: str, call: Callable[[Any], Any], token: str | None
) -> None:
    genuine = sent(client(service, token=token), call)

    check(genuine.request, genuine.body)
    assert read_signature(genuine.request).token == (token or "")


@pytest.mark.parametrize(("service", "call"), CALLS)
def test_a_signature_with_another_key_is_not_genuine(
    service: str, call: Callable[[Any], Any]
) -> None:
    genuine = sent(client(service), call)

    refused("SignatureDoesNotMatch", genuine.request, genuine.body, secret_key="x" * 40)


def refused(code: str, request: Request, body: bytes = b"", **given: str) -> None:
    with pytest.raises(RefusedError) as caught:
        check(request, body, **given)
    assert caught.value.code == code


def a_message() -> Sent:
    return sent(client("sqs"), lambda sqs: sqs.send_message(QueueUrl=ENDPOINT, MessageBody="a"))


def an_upload(**options: Any) -> Sent:
    return sent(
        client("s3", **options), lambda s3: s3.put_object(Bucket="b", Key="k", Body=b"body")
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "POST"},
        {"path": "/b/other"},
        {"path": "/b/k#"},
        {"query": (("versionId", "1"),)},
    ],
)
def test_a_changed_request_is_not_genuine(changed: dict[str, Any]) -> None:
    upload = an_upload()

    refused("SignatureDoesNotMatch", replace(upload.request, **changed), upload.body)


def test_a_changed_header_is_not_genuine_and_none_can_be_added() -> None:
    message = a_message()
    headers = message.request.headers

    def with_header(name: str, value: str) -> Request:
        return replace(message.request, headers={**headers, name: value})

    refused("SignatureDoesNotMatch", with_header("host", "evil.example"), message.body)
    refused("SignatureDoesNotMatch", with_header("x-amz-target", "AmazonSQS.Delete"), message.body)
    refused("AccessDenied", with_header("x-amz-acl", "public-read"), message.body)
    check(with_header("user-agent", "anything"), message.body)


def test_a_changed_body_is_not_genuine() -> None:
    message, upload = a_message(), an_upload()

    refused("SignatureDoesNotMatch", message.request, b"other")
    refused("XAmzContentSHA256Mismatch", upload.request, b"other")


def test_an_upload_may_leave_its_body_unsigned_and_no_other_request() -> None:
    upload = an_upload(s3={"payload_signing_enabled": False})
    assert upload.request.headers[BODY_HASH] == "UNSIGNED-PAYLOAD"
    message = a_message()
    unsigned = {**message.request.headers, BODY_HASH: "UNSIGNED-PAYLOAD"}
    signed = unsigned["authorization"].replace(";host;", f";host;{BODY_HASH};")
    assert BODY_HASH in signed

    check(upload.request, b"anything")
    headers = unsigned | {"authorization": signed}
    refused("UnsupportedSignature", replace(message.request, headers=headers), message.body)


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_request_is_good_for_a_quarter_of_an_hour(minutes: int) -> None:
    signature = read_signature(a_message().request)

    with pytest.raises(RefusedError) as caught:
        require_current(signature, datetime.now(UTC) + timedelta(minutes=minutes))
    assert caught.value.code == "RequestTimeTooSkewed"


@pytest.mark.parametrize("key", ODD_KEYS)
def test_a_presigned_address_is_genuine_until_it_expires(key: str) -> None:
    address = client("s3").generate_presigned_url(
        "get_object", {"Bucket": "b", "Key": key}, ExpiresIn=60
    )
    request = arrived("GET", address)
    signature = read_signature(request)

    check(request)
    refused("SignatureDoesNotMatch", replace(request, path=f"{request.path}x"))
    refused("SignatureDoesNotMatch", replace(request, method="PUT"))
    refused("SignatureDoesNotMatch", arrived("GET", address.replace("Expires=60", "Expires=99")))
    with pytest.raises(RefusedError, match="expired"):
        require_current(signature, datetime.now(UTC) + timedelta(seconds=62))


def test_no_character_of_a_presigned_address_can_be_changed() -> None:
    address = client("s3").generate_presigned_url("get_object", {"Bucket": "b", "Key": "a b/c"})
    check(arrived("GET", address))

    for place in range(len(ENDPOINT), len(address)):
        other = "1" if address[place] == "0" else "0"
        with pytest.raises(RefusedError):
            check(arrived("GET", f"{address[:place]}{other}{address[place + 1 :]}"))


def test_other_services_have_presigned_addresses_too() -> None:
    address = client("sts").generate_presigned_url("get_caller_identity", HttpMethod="GET")

    check(arrived("GET", address))
    refused("SignatureDoesNotMatch", arrived("GET", address), b"a body")


@pytest.mark.parametrize(
    ("found", "put", "code"),
    [
        ("Expires=60", "Expires=604801", "AuthorizationQueryParametersError"),
        ("Expires=60", "Expires=", "AuthorizationQueryParametersError"),
        ("&X-Amz-Signature", "&X-Amz-Expires=70&X-Amz-Signature", "UnsupportedSignature"),
        ("X-Amz-Algorithm=AWS4", "X-Amz-Algorithm=AWS5", "UnsupportedSignature"),
        ("aws4_request", "aws4_other", "IncompleteSignature"),
        ("X-Amz-Date=", "X-Amz-Date=x", "IncompleteSignature"),
        ("SignedHeaders=host", "SignedHeaders=", "AccessDenied"),
        ("X-Amz-Signature=", "X-Amz-Signature=0", "SignatureDoesNotMatch"),
        ("X-Amz-Signature=", "x-amz-signature=", "MissingAuthenticationToken"),
    ],
)
def test_a_malformed_address_is_refused(found: str, put: str, code: str) -> None:
    address = client("s3").generate_presigned_url(
        "get_object", {"Bucket": "b", "Key": "k"}, ExpiresIn=60
    )
    assert found in address

    refused(code, arrived("GET", address.replace(found, put)))


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("", "UnsupportedSignature"),
        (f"AWS {KEYS.access_key}:c2lnbmF0dXJl", "UnsupportedSignature"),
        ("Bearer token", "UnsupportedSignature"),
        (f"AWS4-HMAC-SHA256 Credential={KEYS.access_key}/2, Signature=00", "UnsupportedSignature"),
    ],
    ids=["empty", "version 2", "bearer", "incomplete"],  # the keys are random
)
def test_other_ways_to_sign_are_refused(authorization: str, code: str) -> None:
    refused(code, arrived("GET", ENDPOINT, {"authorization": authorization}))


def test_only_one_signature_is_taken() -> None:
    """Otherwise, one identity could be verified and another one used."""
    upload = an_upload()
    query = (("X-Amz-Credential", "another/20260101/us-east-1/s3/aws4_request"),)

    refused("InvalidArgument", replace(upload.request, query=query), upload.body)
    refused("MissingAuthenticationToken", arrived("GET", ENDPOINT))


def test_a_form_is_genuine_with_its_policy_and_date() -> None:
    fields = client("s3").generate_presigned_post("b", "k")["fields"]
    signature = read_form_signature(fields)

    require_genuine_form(fields["policy"], signature, KEYS.secret_key)
    for policy, secret_key in (("e30=", KEYS.secret_key), (fields["policy"], "x" * 40)):
        with pytest.raises(RefusedError, match="does not match"):
            require_genuine_form(policy, signature, secret_key)
    with pytest.raises(RefusedError, match="malformed"):
        read_form_signature(fields | {"x-amz-date": "20200101T000000Z"})


def test_kept_credentials_stay_and_only_their_owner_can_read_them(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        made = Credentials.load_or_create(tmp_path / "state")
    finally:
        os.umask(old)

    assert Credentials.load_or_create(tmp_path / "state") == made
    assert (tmp_path / "state" / "credentials").stat().st_mode & 0o777 == 0o600
    assert made.secret_key not in repr(made)
    assert Credentials.random() != Credentials.random()


def test_trailing_checksums_are_taken_as_botocore_sends_them() -> None:
    """Over TLS, botocore signs a fixed word and sends the body's checksum after the body.

    The test makes it do the same over plain HTTP.
    """
    from botocore.auth import S3SigV4Auth
    from botocore.credentials import Credentials as Signing

    request = AWSRequest(
        "PUT", f"{ENDPOINT}/b/k", headers={"X-Amz-Trailer": "x-amz-checksum-crc32"}
    )
    request.context["checksum"] = {"request_algorithm": {"in": "trailer", "algorithm": "crc32"}}
    S3SigV4Auth(Signing(KEYS.access_key, KEYS.secret_key), "s3", "us-east-1").add_auth(request)

    check(
        arrived("PUT", str(request.url), dict(request.headers.items())), b"5\r\nhello\r\n0\r\n\r\n"
    )
