"""Reject requests that are not signed with valid credentials, before MiniStack handles them.

MiniStack trusts every request that names the root's access key, answers web pages of any origin,
and has paths that need no key at all. The guard lets these requests through:

- requests that are signed with this run's root key, or with a key from STS
- uploads with a signed form
- the response of a custom resource, at the secret path that its request contained
- health checks
- requests to the API, which demands a token, and to the sign-in pages
- requests for the files of the dashboard, which hold no data
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from cdk_app.local.credentials import Credentials
from cdk_app.local.ministack import public_paths, require
from cdk_app.local.ministack.dashboard_files import DashboardFiles
from cdk_app.local.ministack.signatures import (
    RefusedError,
    Request,
    read_form_signature,
    read_signature,
    require_current,
    require_genuine,
    require_genuine_form,
)

HEALTH = "/_ministack/health"
CUSTOM_RESOURCE_ANSWERS = "/_ministack/cfn-response/"
# MiniStack's own paths (`/_`), and the metadata of instances and tasks. AWS serves metadata on
# other hosts; it contains keys.
CLOSED_PATHS = ("/_", "/health", "/latest/", "/v2/credentials", "/v4/")
FIRST_CHUNKS = 4
FORM = "multipart/form-data"
SIGNING_FIELDS = ("policy", "x-amz-credential", "x-amz-date", "x-amz-signature")
PATCHED = ("app", "AUTH", "_credential_failure", "_send_response", "_routing_params")

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def install(*, credentials: Credentials, port: int, dashboard: DashboardFiles) -> None:
    from ministack import app
    from ministack.services import s3
    from ministack.services.cloudformation import custom_resource

    missing = [name for name in PATCHED if not hasattr(app, name)]
    require(not missing and app.AUTH, f"the gateway without {missing}, or without AUTH")
    require(hasattr(s3, "_parse_multipart_form"), "S3's forms")
    require(hasattr(custom_resource, "_pending"), "CloudFormation's custom resources")
    app.app = Guard(app.app, credentials.access_key, port, dashboard)


class Guard:
    """ASGI middleware that answers unauthorized requests with AWS's errors."""

    def __init__(self, app: App, root_key: str, port: int, dashboard: DashboardFiles) -> None:
        self._app = app
        self._root_key = root_key
        self._dashboard = dashboard
        self._domain = f"127.0.0.1:{port}"
        self._hosts = {self._domain, f"localhost:{port}"}
        self._origins = {f"http://{host}" for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, _without_cors(send))
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = Body(receive)
        try:
            request = _parse_request(scope)
            self._require_own_address(request)
            if file := self._dashboard.file_for(request):
                await file.send(send, has_body=request.method == "GET")
                return
            await self._require_admitted(scope["path"], request, body)
        except RefusedError as error:
            await _send_refusal(scope, await body.first_chunks(), error, send)
        else:
            if public_paths.is_of_the_api(scope["path"]):
                scope = public_paths.routed(scope, self._domain)
            await self._app(scope, await body.replay(), send)

    def _require_own_address(self, request: Request) -> None:
        """Reject requests from web pages: those of another origin, and those that reach this
        machine under another host name (DNS rebinding)."""
        host, origin = request.headers.get("host"), request.headers.get("origin")
        if host not in self._hosts:
            raise RefusedError("AccessDenied", "The local stack does not have this host name")
        if origin is not None and origin not in self._origins:
            raise RefusedError("AccessDenied", "Requests from pages of other origins are rejected")

    async def _require_admitted(self, path: str, request: Request, body: Body) -> None:
        if (request.method, path) == ("GET", HEALTH) or public_paths.is_public(
            request.method, path
        ):
            return
        if request.method == "PUT" and path.startswith(CUSTOM_RESOURCE_ANSWERS):
            _require_pending(path.removeprefix(CUSTOM_RESOURCE_ANSWERS))
        elif path.startswith(CLOSED_PATHS):
            raise RefusedError("AccessDenied", f"{path} is closed in the local stack")
        elif _is_form(request):
            self._require_genuine_form(request, await body.read())
        else:
            signature = read_signature(request)
            require_current(signature, datetime.now(UTC))
            secret_key = self._secret_key(signature.access_key, signature.token)
            require_genuine(request, signature, secret_key, await body.read())

    def _require_genuine_form(self, request: Request, body: bytes) -> None:
        """Require a signed policy. MiniStack checks a form against its policy, but accepts any form
        without one."""
        from ministack.services import s3

        parts = s3._parse_multipart_form(request.headers["content-type"], body)  # noqa: SLF001
        names = [name.lower() for name, *_ in parts]
        if any(names.count(name) != 1 for name in SIGNING_FIELDS):
            raise RefusedError(
                "AccessDenied", f"A form needs each of these fields once: {SIGNING_FIELDS}"
            )
        fields = {name.lower(): value.decode("latin-1") for name, _, _, value in parts}
        signature = read_form_signature(fields)
        secret_key = self._secret_key(signature.access_key, signature.token)
        require_genuine_form(fields["policy"], signature, secret_key)

    def _secret_key(self, access_key: str, token: str) -> str:
        from ministack.core.iam_evaluator import (
            CredentialResolutionError,
            is_root_access_key,
            resolve_credential,
        )

        if is_root_access_key(access_key) and access_key != self._root_key:
            raise RefusedError(
                "UnrecognizedClientException", "The access key is not that of this run"
            )
        credential = resolve_credential(access_key, session_token=token)
        if isinstance(credential, CredentialResolutionError):
            raise RefusedError(credential.code, credential.message)
        return str(credential.secret_access_key)


class Body:
    """The body of a request, which both the guard and the application read."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._chunks: list[bytes] = []
        self._end: Message | None = None

    async def read(self) -> bytes:
        while self._end is None:
            self._chunks.append(await self._next())
        self._chunks = [b"".join(self._chunks)]  # a video is in memory once, not twice
        return self._chunks[0]

    async def first_chunks(self) -> bytes:
        """Return the first chunks and discard the rest.

        The body is read to the end: otherwise, a client that is still sending would get a broken
        connection instead of the response.
        """
        while self._end is None:
            chunk = await self._next()
            self._chunks += [chunk] if len(self._chunks) < FIRST_CHUNKS else []
        return b"".join(self._chunks)

    async def replay(self) -> Receive:
        """Return a `receive` that delivers the body first, then any later messages."""
        body = await self.read()
        unseen = [{**(self._end or {}), "body": body}]

        async def receive_replayed() -> Message:
            return unseen.pop() if unseen else await self._receive()

        return receive_replayed

    async def _next(self) -> bytes:
        message = await self._receive()
        if not message.get("more_body"):
            self._end = message
        return message.get("body") or b""


def _parse_request(scope: Scope) -> Request:
    headers: dict[str, str] = {}
    try:
        for name, value in scope["headers"]:
            key, text = name.decode("ascii").lower(), _text(value)
            headers[key] = f"{headers[key]},{text}" if key in headers else text
        path, query = scope["raw_path"].decode("ascii"), scope["query_string"].decode("ascii")
    except UnicodeDecodeError as error:
        raise RefusedError("AccessDenied", "The URL is not ASCII") from error
    if not path.startswith("/"):
        raise RefusedError("AccessDenied", "The URL has no path")
    pairs = parse_qsl(query, keep_blank_values=True)
    return Request(scope["method"], path, tuple(pairs), headers)


def _text(value: bytes) -> str:
    from ministack.core.sigv4 import decode_header_value

    return str(decode_header_value(value))


def _is_form(request: Request) -> bool:
    """Return whether the request uploads a form to a bucket. The credentials are in the form, so
    the request itself has none."""
    has_more = request.query or any(name.startswith("x-amz-") for name in request.headers)
    return (
        request.method == "POST"
        and request.headers.get("content-type", "").startswith(FORM)
        and request.path.count("/") == 1
        and "authorization" not in request.headers
        and not has_more
    )


def _require_pending(token: str) -> None:
    """Require the token, a random UUID, that CloudFormation sent to the custom resource."""
    from ministack.services.cloudformation import custom_resource

    if token not in custom_resource._pending:  # noqa: SLF001
        raise RefusedError("AccessDenied", "No custom resource has this token")


def _without_cors(send: Send) -> Send:
    """Remove MiniStack's CORS headers, which let web pages of any origin read its responses."""

    async def send_without(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [
                (name, value)
                for name, value in message.get("headers", ())
                if not name.lower().startswith(b"access-control-")
            ]
            message = {**message, "headers": headers}
        await send(message)

    return send_without


async def _send_refusal(scope: Scope, body: bytes, error: RefusedError, send: Send) -> None:
    """Send the error in the format of the requested service, so that its client understands it."""
    from ministack import app
    from ministack.core.iam_evaluator import AuthError

    headers = {name.decode("latin-1").lower(): _text(value) for name, value in scope["headers"]}
    asked = scope["method"], scope["path"], headers
    service = app.detect_service(*asked, app._routing_params(*asked, body, {}))  # noqa: SLF001
    denied = AuthError(error.code, error.message)
    answer = app._credential_failure(service, "", str(uuid.uuid4()), denied, headers)  # noqa: SLF001
    await app._send_response(send, *answer, head=scope["method"] == "HEAD")  # noqa: SLF001
