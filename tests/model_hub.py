"""A model hub with what a download needs. A fake: for tests only."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any

import pytest
from huggingface_hub import constants

FILES = {"model.bin": b"weights", "deep/config.json": b"{}"}
COMMIT = "a" * 40
ASKED_FOR = ("/faster-whisper", "/speaker", "/word-llama")
"""The hub answers all other requests of the client library with 404."""


@dataclass
class Hub:
    """Speaks as much of the hub's protocol as a download needs. A fake."""

    files: dict[str, bytes] = field(default_factory=lambda: dict(FILES))
    gated: bool = False
    missing: bool = False
    broken: bool = False
    tokens: set[str | None] = field(default_factory=set)
    paths: list[str] = field(default_factory=list)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        if any(name in request.path for name in ASKED_FOR):
            self.paths.append(request.path)
            self.tokens.add(request.headers.get("authorization"))
            reply(request, *self._content(request.path))
        else:
            reply(request, 404)

    def _content(self, path: str) -> tuple[int, bytes, dict[str, str]]:
        if self.missing:
            return 404, b"", {"X-Error-Code": "RepoNotFound"}
        if self.broken:
            return 500, b"", {}
        if "/tree/" in path:
            tree = [
                {"type": "file", "path": name, "size": len(data), "oid": "0"}
                for name, data in self.files.items()
            ]
            return 200, json.dumps(tree).encode(), {}
        if path.startswith("/api/models/"):
            listed = [{"rfilename": name} for name in self.files]
            return 200, json.dumps({"id": "m", "sha": COMMIT, "siblings": listed}).encode(), {}
        if self.gated:
            return 403, b"", {"X-Error-Code": "GatedRepo"}
        name = path.split("/resolve/")[1].partition("/")[2]
        return 200, self.files[name], {"ETag": '"abc"', "X-Repo-Commit": COMMIT}


def reply(
    request: BaseHTTPRequestHandler,
    status: int,
    body: bytes = b"",
    headers: Mapping[str, str] = MappingProxyType({}),
) -> None:
    request.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        request.send_header(name, value)
    request.end_headers()
    if request.command == "GET":
        request.wfile.write(body)


@contextmanager
def running(fake: Hub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            fake.answer(self)

        def do_HEAD(self) -> None:
            fake.answer(self)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(
        constants,
        "HUGGINGFACE_CO_URL_TEMPLATE",
        address + "/{repo_id}/resolve/{revision}/{filename}",
    )
    yield fake
    server.shutdown()
    server.server_close()
