"""Requests to the API's function, as API Gateway sends them (payload version 2.0).

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from builders import LAMBDA_CONTEXT
from triggers import api

PERSON = {"token_use": "access", "sub": "b7c1", "username": "ada"}
MACHINE = {"token_use": "access", "sub": "c5d2", "client_id": "c5d2"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str
    is_base64: bool = False

    @property
    def content(self) -> bytes:
        """Return what the gateway sends."""
        return b64decode(self.text) if self.is_base64 else self.text.encode()

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def person(*groups: str) -> dict[str, str]:
    """The claims of a person, as API Gateway passes them on: a list becomes `[a b]`."""
    return PERSON | {"cognito:groups": f"[{' '.join(groups)}]"}


def machine(*scopes: str) -> dict[str, str]:
    return MACHINE | {"scope": " ".join(scopes)}


ADMIN = person("admin")


def request(
    method: str,
    path: str,
    *,
    query: dict[str, str] | None = None,
    body: Any = None,
    claims: dict[str, str] | None = ADMIN,
    headers: dict[str, str] | None = None,
) -> Answer:
    """Send a request. `body`: text, bytes, or a value that becomes JSON."""
    event = {
        "version": "2.0",
        "routeKey": "ANY /v1/{proxy+}",
        "rawPath": path,
        "rawQueryString": urlencode(query or {}),
        "headers": {"content-type": "application/json", **(headers or {})},
        "queryStringParameters": query,
        "requestContext": {
            "http": {"method": method, "path": path},
            "requestId": "request-1",
            "stage": "$default",
            "authorizer": {"jwt": {"claims": claims, "scopes": None}} if claims else None,
        },
        **_encoded(body),
    }
    answer: dict[str, Any] = api.handler(event, LAMBDA_CONTEXT)
    encoded = answer.get("isBase64Encoded", False)
    return Answer(answer["statusCode"], answer["headers"], answer["body"], encoded)


def _encoded(body: Any) -> dict[str, Any]:
    if isinstance(body, bytes):
        return {"body": b64encode(body).decode(), "isBase64Encoded": True}
    text = body if body is None or isinstance(body, str) else json.dumps(body)
    return {"body": text, "isBase64Encoded": False}
