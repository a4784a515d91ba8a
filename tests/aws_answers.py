"""AWS's documented answers to calls that moto does not support. Fakes: for tests only."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from botocore.stub import Stubber

from conftest import our_session

ERROR = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>
<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>
<RequestId>c6104cbe-af31-11e0-8154-cbc7ccf896c7</RequestId></ErrorResponse>"""
"""https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html, in the XML of the query
protocol, which CloudFormation speaks as well."""


IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/Alice</Arn>
<UserId>AIDACKCEVSQ6C2EXAMPLE</UserId><Account>123456789012</Account></GetCallerIdentityResult>
<ResponseMetadata><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ResponseMetadata>
</GetCallerIdentityResponse>"""
"""https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""


@contextmanager
def refusing_aws(code: str, message: str, *, status: int, knows_us: bool = False) -> Iterator[str]:
    """Yield the URL of an AWS that refuses every call, optionally except GetCallerIdentity."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            is_known = knows_us and b"GetCallerIdentity" in asked
            body = (IDENTITY if is_known else ERROR.format(code=code, message=message)).encode()
            self.send_response(200 if is_known else status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_HEAD = do_POST  # noqa: N815  # the names of http.server

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def stubbed(service: str, *answers: tuple[str, Mapping[str, Any]]) -> Any:
    """Return a client with recorded answers, which botocore checks against its own model.

    An answer with `Error` raises that error.
    """
    client = our_session().client(service)  # type: ignore[call-overload]  # boto3-stubs list services by literal
    stubber = Stubber(client)
    for operation, answer in answers:
        if "Error" in answer:
            stubber.add_client_error(operation, answer["Error"], answer.get("Message", ""))
        else:
            stubber.add_response(operation, dict(answer))
    stubber.activate()
    return client


class Session:
    """A boto3 session in which some services are stubbed; the others are moto's."""

    region_name = "us-east-1"

    def __init__(self, clients: Mapping[str, Any]) -> None:
        self._clients = clients

    def client(self, service: str) -> Any:
        return self._clients.get(service) or our_session().client(service)  # type: ignore[call-overload]
