"""State-holding stand-ins for slow or remote parts. Fakes: for tests only."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, Any]]
CUT = 0


class LocalEndpoint:
    """A real HTTP server on loopback. `answer(path, request)` makes the responses.

    `refusal_headers` come with every status from 400 on; status 0 cuts the connection.
    """

    def __init__(self, answer: Callable[[str, dict[str, Any]], Answer]) -> None:
        self.answer = answer
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.headers: list[dict[str, str]] = []
        self.connections: set[Any] = set()
        # By default, the SDKs do not retry; a test can change this.
        self.refusal_headers = {"x-should-retry": "false"}
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                request = json.loads(self.rfile.read(length) or b"{}")
                endpoint.requests.append((self.path, request))
                endpoint.headers.append(dict(self.headers))
                endpoint.connections.add(self.client_address)
                status, body = endpoint.answer(self.path, request)
                if status == CUT:
                    self.close_connection = True
                    return
                payload = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                for name, value in endpoint.refusal_headers.items() if status >= 400 else ():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            do_GET = do_DELETE = do_POST  # noqa: N815  # the names of http.server

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator[LocalEndpoint]:
        with serving(self._server):
            yield self


@contextmanager
def serving(server: HTTPServer) -> Iterator[None]:
    """Answer requests in a thread until the block ends."""
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


class InlineExecutor(Executor):
    """Runs each call at once, in the caller's thread."""

    def submit(self, work: Any, /, *args: Any, **options: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(work(*args, **options))
        except Exception as error:  # noqa: BLE001  # as a pool of threads does
            done.set_exception(error)
        return done


def chat_completion(content: str, *, finish_reason: str = "stop") -> Answer:
    """Return a response of OpenAI's chat endpoint."""
    message = {"role": "assistant", "content": content, "refusal": None}
    return 200, {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-4o-mini",
        "choices": [{"index": 0, "finish_reason": finish_reason, "message": message}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }


def api_error(status: int, code: str | None = None) -> Answer:
    return status, {"error": {"message": "no", "type": "error", "code": code}}
