"""Nobody reaches MiniStack who cannot sign.

MiniStack believes everybody who names the root's access key, answers pages of any origin, and has
addresses that need no key at all. So each request passes here first. Answered are: those that
are signed with the run's own key or one that STS gave out, uploads by a signed form, a custom
resource's answer under the secret name that its request carried, and whoever asks for health.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from cdk_app.local.credentials import Credentials
from cdk_app.local.ministack import require
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
# MiniStack's own (`/_`) and what AWS serves on other hosts, with keys in it: the metadata of
# instances and tasks.
CLOSED_PATHS = ("/_", "/health", "/latest/", "/v2/credentials", "/v4/")
BEGINNING_CHUNKS = 4
FORM = "multipart/form-data"
SIGNING_FIELDS = ("policy", "x-amz-credential", "x-amz-date", "x-amz-signature")
SEAMS = ("app", "AUTH", "_credential_failure", "_send_response", "_routing_params")

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def install(*, credentials: Credentials, port: int) -> None:
    from ministack import app
    from ministack.services import s3
    from ministack.services.cloudformation import custom_resource

    missing = [name for name in SEAMS if not hasattr(app, name)]
    require(not missing and app.AUTH, f"the gateway without {missing}, or without AUTH")
    require(hasattr(s3, "_parse_multipart_form"), "S3's forms")
    require(hasattr(custom_resource, "_pending"), "CloudFormation's custom resources")
    app.app = Guard(app.app, credentials.access_key, port)


class Guard:
    """In front of an ASGI application."""

    def __init__(self, app: App, root_key: str, port: int) -> None:
        self._app = app
        self._root_key = root_key
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
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
            request = _received(scope)
            self._require_own_address(request)
            await self._require_admitted(scope["path"], request, body)
        except RefusedError as error:
            await _send_refusal(scope, await body.beginning(), error, send)
        else:
            await self._app(scope, await body.again(), send)

    def _require_own_address(self, request: Request) -> None:
        """A page of another origin says so, and one behind a foreign name names it as host."""
        host, origin = request.headers.get("host"), request.headers.get("origin")
        if host not in self._hosts:
            raise RefusedError("AccessDenied", "This host name is not one of the local stack's")
        if origin is not None and origin not in self._origins:
            raise RefusedError("AccessDenied", "Pages of other origins are not answered")

    async def _require_admitted(self, path: str, request: Request, body: Body) -> None:
        if (request.method, path) == ("GET", HEALTH):
            return
        if request.method == "PUT" and path.startswith(CUSTOM_RESOURCE_ANSWERS):
            _require_awaited(path.removeprefix(CUSTOM_RESOURCE_ANSWERS))
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
        """MiniStack compares the form with its policy; a form without one, it takes from
        everybody."""
        from ministack.services import s3

        parts = s3._parse_multipart_form(request.headers["content-type"], body)  # noqa: SLF001
        names = [name.lower() for name, *_ in parts]
        if any(names.count(name) != 1 for name in SIGNING_FIELDS):
            raise RefusedError("AccessDenied", f"A form needs one of each: {SIGNING_FIELDS}")
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
            raise RefusedError("UnrecognizedClientException", "The access key is not this run's")
        credential = resolve_credential(access_key, session_token=token)
        if isinstance(credential, CredentialResolutionError):
            raise RefusedError(credential.code, credential.message)
        return str(credential.secret_access_key)


class Body:
    """What a request brings, read once by us and once by the application."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._chunks: list[bytes] = []
        self._end: Message | None = None

    async def read(self) -> bytes:
        while self._end is None:
            self._chunks.append(await self._next())
        self._chunks = [b"".join(self._chunks)]  # a video is in memory once, not twice
        return self._chunks[0]

    async def beginning(self) -> bytes:
        """Of what may be long. It is read to the end: a client that is still sending would see
        a broken connection and not the answer."""
        while self._end is None:
            chunk = await self._next()
            self._chunks += [chunk] if len(self._chunks) < BEGINNING_CHUNKS else []
        return b"".join(self._chunks)

    async def again(self) -> Receive:
        """From the beginning; after it, what else arrives."""
        body = await self.read()
        unseen = [{**(self._end or {}), "body": body}]

        async def receive_again() -> Message:
            return unseen.pop() if unseen else await self._receive()

        return receive_again

    async def _next(self) -> bytes:
        message = await self._receive()
        if not message.get("more_body"):
            self._end = message
        return message.get("body") or b""


def _received(scope: Scope) -> Request:
    headers: dict[str, str] = {}
    try:
        for name, value in scope["headers"]:
            key, text = name.decode("ascii").lower(), _text(value)
            headers[key] = f"{headers[key]},{text}" if key in headers else text
        path, query = scope["raw_path"].decode("ascii"), scope["query_string"].decode("ascii")
    except UnicodeDecodeError as error:
        raise RefusedError("AccessDenied", "The address is not ASCII") from error
    if not path.startswith("/"):
        raise RefusedError("AccessDenied", "The address has no path")
    pairs = parse_qsl(query, keep_blank_values=True)
    return Request(scope["method"], path, tuple(pairs), headers)


def _text(value: bytes) -> str:
    from ministack.core.sigv4 import decode_header_value

    return str(decode_header_value(value))


def _is_form(request: Request) -> bool:
    """To a bucket, by somebody without credentials: the form has them."""
    has_more = request.query or any(name.startswith("x-amz-") for name in request.headers)
    return (
        request.method == "POST"
        and request.headers.get("content-type", "").startswith(FORM)
        and request.path.count("/") == 1
        and "authorization" not in request.headers
        and not has_more
    )


def _require_awaited(answer: str) -> None:
    """CloudFormation hands its name, a random UUID, to the function that it asks."""
    from ministack.services.cloudformation import custom_resource

    if answer not in custom_resource._pending:  # noqa: SLF001
        raise RefusedError("AccessDenied", "No custom resource waits for this answer")


def _without_cors(send: Send) -> Send:
    """MiniStack lets pages of every origin read its answers."""

    async def send_without(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = message.get("headers", ())
            kept = [pair for pair in headers if not pair[0].lower().startswith(b"access-control-")]
            message = {**message, "headers": kept}
        await send(message)

    return send_without


async def _send_refusal(scope: Scope, body: bytes, error: RefusedError, send: Send) -> None:
    """In the words of the service that was asked, so that its client understands them."""
    from ministack import app
    from ministack.core.iam_evaluator import AuthError

    headers = {name.decode("latin-1").lower(): _text(value) for name, value in scope["headers"]}
    asked = scope["method"], scope["path"], headers
    service = app.detect_service(*asked, app._routing_params(*asked, body, {}))  # noqa: SLF001
    denied = AuthError(error.code, error.message)
    answer = app._credential_failure(service, "", str(uuid.uuid4()), denied, headers)  # noqa: SLF001
    await app._send_response(send, *answer, head=scope["method"] == "HEAD")  # noqa: SLF001
