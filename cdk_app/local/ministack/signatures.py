"""Verify Signature Version 4: botocore signs the request again, and the signatures are compared.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import quote, urlencode

from botocore.auth import (
    SIGV4_TIMESTAMP,
    STREAMING_UNSIGNED_PAYLOAD_TRAILER,
    UNSIGNED_PAYLOAD,
    S3SigV4Auth,
    S3SigV4PostAuth,
    S3SigV4QueryAuth,
    SigV4Auth,
    SigV4QueryAuth,
)
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ALGORITHM = "AWS4-HMAC-SHA256"
AUTHORIZATION = re.compile(
    rf"{ALGORITHM} Credential=(?P<credential>[^,\s]+), ?SignedHeaders=(?P<signed>[^,\s]+), ?"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)
CLOCK_SKEW = timedelta(minutes=15)
LONGEST_EXPIRY_SECONDS = 7 * 24 * 3600
# Values that S3 accepts instead of the body's hash. botocore never signs single chunks.
UNSIGNED_BODIES = (UNSIGNED_PAYLOAD, STREAMING_UNSIGNED_PAYLOAD_TRAILER)
BODY_HASH = "x-amz-content-sha256"
HASH = re.compile("[0-9a-f]{64}")

SecretKey = Callable[[str, str], str]
"""Returns the secret key for an access key id and its session token. Raises RefusedError."""


class RefusedError(Exception):
    """A rejected request, with AWS's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Request:
    """A request as it was received.

    path: not decoded
    query: the decoded parameters, in the order of the URL
    headers: by name in lower case; the values of a repeated header are joined with commas
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Signature:
    """The signature of a request, and the parameters that it was made with."""

    access_key: str
    region: str
    service: str
    timestamp: str
    token: str
    signature: str
    signed_headers: frozenset[str] = frozenset()
    expires_seconds: int | None = None

    @property
    def signed_at(self) -> datetime:
        return datetime.strptime(self.timestamp, SIGV4_TIMESTAMP).replace(tzinfo=UTC)


def read_signature(request: Request) -> Signature:
    """Read the signature from the Authorization header or, for a presigned URL, from the query.

    Raises RefusedError if a part is missing, or if a header that AWS requires to be signed is
    not among the signed ones. The signature itself is not verified.
    """
    in_query = {name.lower() for name, _ in request.query if name.lower().startswith("x-amz-")}
    if "authorization" not in request.headers:
        signature = _from_query(request)
    elif in_query & {"x-amz-algorithm", "x-amz-credential", "x-amz-signature"}:
        raise RefusedError("InvalidArgument", "Only one auth mechanism is allowed.")
    else:
        signature = _from_header(request)
    required = {"host"} | {name for name in request.headers if name.startswith("x-amz-")}
    if unsigned := required - signature.signed_headers:
        names = ", ".join(sorted(unsigned))
        raise RefusedError("AccessDenied", f"These headers must be signed: {names}")
    return signature


def require_current(signature: Signature, now: datetime) -> None:
    """Require a signature within 15 minutes of our clock, or a presigned URL that is not expired.

    Raises RefusedError.
    """
    lifetime = CLOCK_SKEW
    if signature.expires_seconds is not None:
        lifetime = timedelta(seconds=signature.expires_seconds)
    if now > signature.signed_at + lifetime:
        code = "RequestTimeTooSkewed" if signature.expires_seconds is None else "RequestExpired"
        raise RefusedError(code, f"The signature of {signature.timestamp} has expired")
    if signature.signed_at > now + CLOCK_SKEW:
        raise RefusedError("RequestTimeTooSkewed", "The signature is from the future")


def require_genuine(request: Request, signature: Signature, secret_key: str, body: bytes) -> None:
    """Require that the request and its body were signed with the secret key. Raises
    RefusedError."""
    stated = request.headers.get(BODY_HASH)
    if stated and not (signature.service == "s3" and stated in UNSIGNED_BODIES):
        if not HASH.fullmatch(stated):
            raise RefusedError("UnsupportedSignature", f"{BODY_HASH} {stated} is not supported")
        if not hmac.compare_digest(stated, sha256(body).hexdigest()):
            raise RefusedError(
                "XAmzContentSHA256Mismatch", f"The body's hash is not that in {BODY_HASH}"
            )
    signer = _signer(signature, secret_key)
    unsigned = _unsigned_request(request, signature, body)
    text = signer.string_to_sign(unsigned, signer.canonical_request(unsigned))
    _require_equal(signer.signature(text, unsigned), signature.signature)


def read_form_signature(fields: Mapping[str, str]) -> Signature:
    """Read the signature from the fields of an upload form. Raises RefusedError."""
    return _signature(
        fields.get("x-amz-credential", ""),
        timestamp=fields.get("x-amz-date", ""),
        token=fields.get("x-amz-security-token", ""),
        signature=fields.get("x-amz-signature", ""),
    )


def require_genuine_form(policy: str, signature: Signature, secret_key: str) -> None:
    """Require that the form's policy was signed with the secret key. Raises RefusedError.

    S3 checks what the policy allows and when it expires.
    """
    credentials = Credentials(signature.access_key, secret_key)
    signer = S3SigV4PostAuth(credentials, signature.service, signature.region)
    request = _with_timestamp(AWSRequest(), signature)
    _require_equal(signer.signature(policy, request), signature.signature)


def _from_header(request: Request) -> Signature:
    found = AUTHORIZATION.fullmatch(request.headers["authorization"])
    if not found:
        raise RefusedError("UnsupportedSignature", f"Sign with {ALGORITHM}, as SDKs do")
    return _signature(
        found["credential"],
        timestamp=request.headers.get("x-amz-date", ""),
        token=request.headers.get("x-amz-security-token", ""),
        signature=found["signature"],
        signed_headers=frozenset(found["signed"].split(";")),
    )


def _from_query(request: Request) -> Signature:
    names = [name for name, _ in request.query]
    query = dict(request.query)
    if "X-Amz-Signature" not in query:
        raise RefusedError("MissingAuthenticationToken", "The request is not signed")
    if query.get("X-Amz-Algorithm") != ALGORITHM or len(names) != len(set(names)):
        raise RefusedError("UnsupportedSignature", f"Sign with {ALGORITHM}, as SDKs do")
    expires = query.get("X-Amz-Expires", "")
    if not expires.isdecimal() or not 0 < int(expires) <= LONGEST_EXPIRY_SECONDS:
        raise RefusedError(
            "AuthorizationQueryParametersError", "X-Amz-Expires must be at most a week"
        )
    return _signature(
        query.get("X-Amz-Credential", ""),
        timestamp=query.get("X-Amz-Date", ""),
        token=query.get("X-Amz-Security-Token", ""),
        signature=query["X-Amz-Signature"],
        signed_headers=frozenset(query.get("X-Amz-SignedHeaders", "").split(";")),
        expires_seconds=int(expires),
    )


def _signature(
    credential: str,
    *,
    timestamp: str,
    token: str,
    signature: str,
    signed_headers: frozenset[str] = frozenset(),
    expires_seconds: int | None = None,
) -> Signature:
    access_key, date, region, service, end = [*credential.split("/"), *[""] * 5][:5]
    wrong = credential.count("/") != 4 or end != "aws4_request" or not signature  # noqa: PLR2004
    read = Signature(
        access_key, region, service, timestamp, token, signature, signed_headers, expires_seconds
    )
    try:
        wrong = wrong or read.signed_at.strftime("%Y%m%d") != date
    except ValueError:
        wrong = True
    if wrong:
        raise RefusedError("IncompleteSignature", "The signature's credential or date is malformed")
    return read


def _signer(signature: Signature, secret_key: str) -> SigV4Auth:
    credentials = Credentials(signature.access_key, secret_key)
    is_s3, is_presigned = signature.service == "s3", signature.expires_seconds is not None
    in_header = S3SigV4Auth if is_s3 else SigV4Auth
    in_query = S3SigV4QueryAuth if is_s3 else SigV4QueryAuth
    kind: type[SigV4Auth] = in_query if is_presigned else in_header
    return kind(credentials, signature.service, signature.region)


def _unsigned_request(request: Request, signature: Signature, body: bytes) -> AWSRequest:
    """Return the request as it was before it was signed, with only the signed headers."""
    # A received number sign belongs to the path. The signer would take it for a fragment.
    path = request.path.replace("#", "%23")
    query = [pair for pair in request.query if pair[0] != "X-Amz-Signature"]
    unsigned = AWSRequest(
        method=request.method,
        url=f"http://{request.headers['host']}{path}?{urlencode(query, quote_via=quote)}",
        headers={
            name: value
            for name, value in request.headers.items()
            if name in signature.signed_headers
        },
        data=body,
    )
    return _with_timestamp(unsigned, signature)


def _with_timestamp(request: AWSRequest, signature: Signature) -> AWSRequest:
    request.context["timestamp"] = signature.timestamp
    return request


def _require_equal(computed: str, given: str) -> None:
    if not hmac.compare_digest(computed.encode(), given.encode()):
        raise RefusedError(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided."
            " Check your AWS secret access key and signing method.",
        )
