"""Lambda's side of the Runtime API, for one function on loopback.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from typing import Any

FUNCTION_ARN = "arn:aws:lambda:us-east-1:000000000000:function:test"
TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Ready:
    """The handler is loaded; the client asks for an event."""


@dataclass(frozen=True)
class Answered:
    value: Any


@dataclass(frozen=True)
class Refused:
    """An error that the client reported to Lambda."""

    error_type: str
    message: str


Report = Ready | Answered | Refused


class RuntimeApi:
    """Lambda's side of the API. `reports` is the queue of the client's reports."""

    def __init__(self) -> None:
        self.reports: Queue[Report] = Queue()
        self._events: Queue[bytes] = Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def send(self, event: Any) -> None:
        self._events.put(json.dumps(event).encode())

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def next_event(self) -> bytes:
        self.reports.put(Ready())
        return self._events.get()

    def take(self, path: str, body: bytes) -> None:
        content = json.loads(body)
        if path.endswith("/response"):
            self.reports.put(Answered(content))
        else:
            self.reports.put(Refused(content["errorType"], content["errorMessage"]))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer(200, api.next_event())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self._answer(202, b"{}")
                api.take(self.path, body)

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Lambda-Runtime-Aws-Request-Id", str(uuid.uuid4()))
                deadline = int((time.time() + TIMEOUT_SECONDS) * 1000)
                self.send_header("Lambda-Runtime-Deadline-Ms", str(deadline))
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", FUNCTION_ARN)
                self.send_header(
                    "Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700"
                )
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Log nothing."""

        return Handler
