"""Serve the API and the sign-in pages at the address of the local stack.

On AWS both have hosts of their own, and need no signature: the API demands a token, the pages a
password. Here their paths decide, because not every system resolves names below 127.0.0.1.

MiniStack fails to send an answer of a function whose body is null, as it is with status 204.
"""

from __future__ import annotations

import re
from collections.abc import Callable, MutableMapping
from typing import Any

from cdk_app.local.ministack import require

API = ("/v1/", "/docs/")
KEYS = re.compile(r"/[\w-]+/\.well-known/(jwks\.json|openid-configuration)")
"""The public keys of a user pool, which the API verifies tokens with."""
SIGN_IN = {
    ("GET", "/oauth2/authorize"),
    ("POST", "/login"),
    ("POST", "/oauth2/token"),
    ("GET", "/logout"),
}

Scope = MutableMapping[str, Any]


def install() -> None:
    from ministack import app
    from ministack.services import apigateway

    require(hasattr(app, "_EXECUTE_API_RE"), "the host names of APIs")
    require(hasattr(apigateway, "_apis"), "API Gateway's HTTP APIs")
    require(hasattr(apigateway, "_invoke_lambda_proxy"), "API Gateway's calls of functions")
    apigateway._invoke_lambda_proxy = _with_a_body(apigateway._invoke_lambda_proxy)  # noqa: SLF001


def is_public(method: str, path: str) -> bool:
    """Return whether AWS accepts such a request without a signature."""
    is_key = method == "GET" and KEYS.fullmatch(path) is not None
    return is_key or (method, path) in SIGN_IN or is_of_the_api(path)


def is_of_the_api(path: str) -> bool:
    return f"{path}/".startswith(API)


def routed(scope: Scope, domain: str) -> Scope:
    """Return the request to the API as AWS's host name for it receives it.

    domain: the address of the local stack. The name is below it.
    """
    host = f"{_api_id()}.execute-api.{domain}".encode()
    headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"host"]
    return {**scope, "headers": [(b"host", host), *headers]}


def _with_a_body(invoke: Callable[..., Any]) -> Callable[..., Any]:
    async def invoke_with_a_body(*request: Any, **more: Any) -> Any:  # MiniStack's response
        status, headers, body = await invoke(*request, **more)
        return status, headers, body or b""

    return invoke_with_a_body


def _api_id() -> str:
    """Return the id of the stack's one HTTP API."""
    from ministack.services import apigateway

    return next((api_id for (_, _, api_id), _ in apigateway._apis.all_items()), "none")  # noqa: SLF001
