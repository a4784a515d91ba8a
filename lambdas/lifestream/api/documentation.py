"""Serve Swagger UI at `/docs`, where people sign in and try requests with their own token.

The page is code that everybody may read, so it needs no token. It makes no request but to the API
and to the sign-in pages, and keeps the token in memory until it is closed.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from base64 import b64encode
from functools import cache
from html import escape
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from lifestream.api.access import DOCUMENTATION, SIGNED_IN
from lifestream.settings import SignInSettings, load

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]  # its constructor has no hints
SWAGGER_UI = "aws_lambda_powertools.event_handler.openapi.swagger_ui"
SCOPE = "openid"
PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>LifeStream API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="page" data-client="{client}"></div>
<script src="/docs/swagger-ui.js"></script>
<script src="/docs/page.js"></script>
</body>
</html>
"""
SCRIPT = """\
const page = document.getElementById("page");
const ui = SwaggerUIBundle({
  domNode: page,
  url: "/docs/openapi.json",
  validatorUrl: null,
  oauth2RedirectUrl: `${location.origin}/docs/signed-in`,
});
ui.initOAuth({
  clientId: page.dataset.client,
  scopes: "openid",
  usePkceWithAuthorizationCodeGrant: true,
});
"""
FROM_THIS_API = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
"""A content security policy: https://www.w3.org/TR/CSP3/"""


@router.get(DOCUMENTATION, include_in_schema=False)
def page() -> Response[str]:
    """Return the page. It may ask only this API, and the sign-in pages for a token."""
    settings = load(SignInSettings)
    body = PAGE.format(client=escape(settings.client_id))
    return _html(body, {"connect-src": f"'self' {settings.url}"})


@router.get(f"{DOCUMENTATION}/page.js", include_in_schema=False)
def script() -> Response[str]:
    return Response(HTTPStatus.OK, content_type="text/javascript", body=SCRIPT)


@router.get(f"{DOCUMENTATION}/swagger-ui.css", include_in_schema=False, enable_validation=False)
def style_of_swagger_ui() -> Response[bytes]:
    return _of_swagger_ui("swagger-ui.min.css", "text/css")


@router.get(f"{DOCUMENTATION}/swagger-ui.js", include_in_schema=False, enable_validation=False)
def script_of_swagger_ui() -> Response[bytes]:
    return _of_swagger_ui("swagger-ui-bundle.min.js", "text/javascript")


@router.get(SIGNED_IN, include_in_schema=False)
def signed_in() -> Response[str]:
    """Return the page to which the sign-in pages send the code. It hands it to Swagger UI."""
    from aws_lambda_powertools.event_handler.openapi.swagger_ui import (
        generate_oauth2_redirect_html,
    )

    body = generate_oauth2_redirect_html()
    hashes = " ".join(map(_hash, re.findall(r"<script>(.*?)</script>", body, re.DOTALL)))
    return _html(body, {"script-src": hashes, "connect-src": "'none'"})


def with_sign_in(described: dict[str, Any]) -> dict[str, Any]:
    """Return the description of the API with the addresses at which people get a token."""
    url = load(SignInSettings).url
    flow = {
        "authorizationUrl": f"{url}/oauth2/authorize",
        "tokenUrl": f"{url}/oauth2/token",
        "scopes": {SCOPE: "Sign in"},
    }
    scheme = {"type": "oauth2", "flows": {"authorizationCode": flow}}
    components = described["components"] | {"securitySchemes": {"token": scheme}}
    return described | {"components": components}


def _html(body: str, policy: dict[str, str]) -> Response[str]:
    directives = "; ".join(f"{name} {value}" for name, value in (FROM_THIS_API | policy).items())
    headers = {"Content-Security-Policy": directives, "Referrer-Policy": "no-referrer"}
    return Response(
        HTTPStatus.OK, content_type="text/html; charset=utf-8", body=body, headers=headers
    )


def _of_swagger_ui(name: str, media_type: str) -> Response[bytes]:
    headers = {"Content-Encoding": "gzip", "Cache-Control": "public, max-age=86400"}
    return Response(HTTPStatus.OK, content_type=media_type, body=_compressed(name), headers=headers)


@cache
def _compressed(name: str) -> bytes:
    """Return a file of Swagger UI with gzip, which every browser reads: a third of 1.5 MB."""
    return gzip.compress((files(SWAGGER_UI) / name).read_bytes(), mtime=0)


def _hash(script: str) -> str:
    """Return the script as a policy names it."""
    return f"'sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
