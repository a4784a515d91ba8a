"""An HTTP server on this machine that counts its requests: nothing that is tested may send any."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Listener(http.server.BaseHTTPRequestHandler):
    """Answers 404."""

    calls = 0

    def do_GET(self) -> None:
        type(self).calls += 1
        self.send_response(404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing."""


@contextmanager
def listening() -> Iterator[int]:
    """Yield the port."""
    Listener.calls = 0
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
