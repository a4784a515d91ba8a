"""Models come once from their hub, are summed up, and go under the stack's own prefix."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from huggingface_hub import constants
from pydantic import SecretStr

from conftest import BUCKET, Aws
from lifestream.aws.models import fetch_models
from lifestream.client.models import fetch, upload
from lifestream.engines.model_folder import SUMS, verified
from lifestream.errors import ConfigurationError, ModelGateError, TransientError

FILES = {"model.bin": b"weights", "deep/config.json": b"{}"}
COMMIT = "a" * 40


@dataclass
class Hub:
    """Speaks as much of the hub's protocol as a download needs. A fake."""

    gated: bool = False
    missing: bool = False
    broken: bool = False
    tokens: set[str | None] = field(default_factory=set)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        if "/faster-whisper" in request.path or "/speaker" in request.path:
            self.tokens.add(request.headers.get("authorization"))
            reply(request, *self._content(request.path))
        else:
            reply(request, 404)  # what else the client library asks for

    def _content(self, path: str) -> tuple[int, bytes, dict[str, str]]:
        if self.missing:
            return 404, b"", {"X-Error-Code": "RepoNotFound"}
        if self.broken:
            return 500, b"", {}
        if "/tree/" in path:
            tree = [{"type": "file", "path": n, "size": len(FILES[n]), "oid": "0"} for n in FILES]
            return 200, json.dumps(tree).encode(), {}
        if path.startswith("/api/models/"):
            listed = [{"rfilename": name} for name in FILES]
            return 200, json.dumps({"id": "m", "sha": COMMIT, "siblings": listed}).encode(), {}
        if self.gated:
            return 403, b"", {"X-Error-Code": "GatedRepo"}
        name = path.split("/resolve/")[1].partition("/")[2]
        return 200, FILES[name], {"ETag": '"abc"', "X-Repo-Commit": COMMIT}


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


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    fake = Hub()

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


def test_a_model_gets_from_the_hub_to_the_container_unchanged(
    hub: Hub, aws: Aws, tmp_path: Path
) -> None:
    here = fetch("small", tmp_path / "here", SecretStr("hf_secret"))
    shown: list[str] = []
    upload(aws.s3, BUCKET, here, on_file=shown.append)
    fetch_models(aws.s3, BUCKET, "models", tmp_path / "there")

    there = tmp_path / "there" / "small"
    assert hub.tokens == {"Bearer hf_secret"}
    assert shown == ["deep/config.json", "model.bin", SUMS]
    assert {n: (there / n).read_bytes() for n in FILES} == FILES
    assert verified(there, "model.bin") == there


def test_a_model_whose_conditions_nobody_accepted_is_named(hub: Hub, tmp_path: Path) -> None:
    hub.gated = True

    with pytest.raises(ModelGateError, match="pyannote/speaker-diarization-community-1") as raised:
        fetch("speaker-diarization-community-1", tmp_path, None)
    assert "accept the model's conditions" in raised.value.advice


def test_a_model_that_does_not_exist_is_named(hub: Hub, tmp_path: Path) -> None:
    hub.missing = True

    with pytest.raises(ConfigurationError, match="somebody/faster-whisper-x"):
        fetch("somebody/faster-whisper-x", tmp_path, None)


def test_a_hub_that_is_down_is_worth_another_try(hub: Hub, tmp_path: Path) -> None:
    hub.broken = True

    with pytest.raises(TransientError, match="Systran/faster-whisper-small"):
        fetch("small", tmp_path, None)
