"""The API's function behind a real HTTP server on loopback, as API Gateway puts it on AWS.

The token is a group, such as `editor`. Every exchange is kept, so that it can be compared with the
description of the API.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from api_requests import Answer, person, request
from fakes import serving

UNAUTHORIZED = Answer(401, {"Content-Type": "application/json"}, '{"message":"Unauthorized"}')
GROUPS = ("viewer", "editor", "admin", "nobody")


@dataclass(frozen=True)
class Exchange:
    method: str
    path: str
    query: dict[str, str]
    body: Any
    answer: Answer


class ApiServer:
    """`instead` may answer a request itself, as a broken network or a busy service would."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.instead: Callable[[str, str], Answer | None] = lambda _method, _path: None
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = api.answer(self)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write((answer.text or "").encode())

            do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815  # the names of http.server

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, asked: BaseHTTPRequestHandler) -> Answer:
        parts, method = urlsplit(asked.path), asked.command
        text = asked.rfile.read(int(asked.headers.get("Content-Length") or 0)).decode()
        query = dict(parse_qsl(parts.query))
        answer = self.instead(method, parts.path) or self._answer(asked, query, text)
        body = json.loads(text) if text else None
        self.exchanges.append(Exchange(method, parts.path, query, body, answer))
        return answer

    def _answer(self, asked: BaseHTTPRequestHandler, query: dict[str, str], text: str) -> Answer:
        method, path = asked.command, urlsplit(asked.path).path
        group = asked.headers.get("Authorization", "").removeprefix("Bearer ")
        if path != "/v1/health" and group not in GROUPS:
            return UNAUTHORIZED
        headers = {name.lower(): value for name, value in asked.headers.items()}
        return request(
            method, path, query=query, body=text or None, claims=person(group), headers=headers
        )

    @contextmanager
    def running(self) -> Iterator[ApiServer]:
        with serving(self._server):
            yield self
