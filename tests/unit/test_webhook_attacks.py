"""An attacker behind a webhook's host name gets no more than the message itself."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from fakes import LocalEndpoint
from lifestream import webhook
from lifestream.errors import ConfigurationError, TransientError, WebhookRefusedError

pytestmark = pytest.mark.attack

SECRET = SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
NAME = "hooks.example"
GREETING = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def post(url: str, *, may_be_private: bool = True) -> None:
    webhook.post(url, event_id="1", body="{}", secret=SECRET, may_be_private=may_be_private)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "PAUSE_SECONDS", 0)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Replace the resolver: each query for a name returns the next of its addresses."""
    answers: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def resolved(host: str, *args: Any, **more: Any) -> Any:
        if host not in answers:
            return real(host, *args, **more)
        return real(answers[host].pop(0), *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    return answers


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "0x7f.1", "127.1", "017700000001", "[::1]", "[::ffff:7f00:1]",
     "[::127.0.0.1]", "[::ffff:0:7f00:1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::]",
     "[2002:a9fe:a9fe::]", "[2001:0:a9fe:a9fe::]", "[fec0::1]", "[ff0e::1]", "224.0.0.251",
     "0", "169.254.169.254"],
)  # fmt: skip
def test_no_spelling_of_an_address_leads_inside(host: str) -> None:
    """The real resolver parses them, without a network."""
    with pytest.raises(WebhookRefusedError, match="is not a public address"):
        post(f"https://{host}/", may_be_private=False)


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("https://:pw@hooks.example/", "no user name or password"),
        ("https://@hooks.example/", "no user name or password"),
        ("https://good.example\\@hooks.example/", "no user name or password"),
        ("https://hooks.example:99999/", "port"),
        ("https://hooks.example:0/", "port"),
        ("https://hooks.example:http/", "port"),
        ("https://[::1/", "https://host/path"),
        ("https://a..b/", "no valid host name"),
        (f"https://{'a' * 64}.example/", "no valid host name"),
        ("https://b\u00fccher.example/", "no valid host name"),
        ("https://hooks example/", "no valid host name"),
        ("https://hooks.example /", "no valid host name"),
    ],
)
def test_an_invalid_url_is_a_configuration_error_of_one_line(url: str, what: str) -> None:
    """Python's own errors for these are ValueError, UnicodeError and InvalidURL."""
    with pytest.raises(ConfigurationError, match="WEBHOOK_URL") as raised:
        post(url)

    assert what in str(raised.value)
    assert "pw" not in str(raised.value).split("password")


def test_dns_rebinding_does_not_reach_a_private_address(
    names: dict[str, list[str]],
) -> None:
    """With DNS rebinding, code that resolved the name twice would connect to loopback."""
    inside = LocalEndpoint(lambda _path, _request: (200, {}))
    names[NAME] = ["192.0.2.1", "127.0.0.1"]
    with inside.running(), pytest.raises(WebhookRefusedError):
        post(f"https://{NAME}:{inside.url.rpartition(':')[2]}/", may_be_private=False)

    assert inside.requests == []
    assert names[NAME] == ["127.0.0.1"]


def test_all_tries_go_to_the_checked_address(names: dict[str, list[str]]) -> None:
    inside = LocalEndpoint(lambda _path, _request: (503, {}))
    names[NAME] = ["127.0.0.1", "192.0.2.1", "192.0.2.1"]
    with inside.running(), pytest.raises(TransientError):
        post(f"http://{NAME}:{inside.url.rpartition(':')[2]}/")

    assert len(inside.requests) == 3
    assert len(names[NAME]) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    inside = LocalEndpoint(lambda _path, _request: (200, {}))

    def redirect(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Location", f"{inside.url}/latest/meta-data/")
        request.send_header("Content-Length", "0")
        request.end_headers()

    refused = pytest.raises(WebhookRefusedError, match=f"HTTP {status}")
    with inside.running(), served(redirect) as (port, _), refused:
        post(f"http://127.0.0.1:{port}/")

    assert inside.requests == []


def test_an_answer_without_an_end_is_not_read() -> None:
    """An endless response could fill the function's memory or take all of its time."""
    sent: list[int] = []

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(GREETING)
        while len(sent) < 1_000:
            request.wfile.write(b"10000\r\n" + bytes(0x10000) + b"\r\n")
            sent.append(0x10000)

    with served(endless) as (port, _):
        post(f"http://127.0.0.1:{port}/")

    assert sum(sent) < 32 * 1024 * 1024


@dataclass
class Authority:
    """A certificate authority that the client trusts."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def bundle(self) -> Path:
        return written(self.folder / "ca.pem", self.certificate)

    def server(self, name: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        made = certificate(name, key, issuer=self.certificate.subject, signer=self.key)
        private = self.folder / f"{name}.key"
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(written(self.folder / f"{name}.pem", made), private)
        return context


def certificate(
    name: str, key: ec.EllipticCurvePrivateKey, *, issuer: x509.Name, signer: Any
) -> x509.Certificate:
    now, is_authority = datetime.now(UTC), key is signer
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
         "encipher_only", "decipher_only"), False
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True, key_cert_sign=is_authority, crl_sign=is_authority, **usage
            ),
            critical=True,
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, hashes.SHA256())
    )


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def written(path: Path, made: x509.Certificate) -> Path:
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    return Authority(tmp_path, key, certificate("ca", key, issuer=named("ca"), signer=key))


@contextmanager
def served(answer: Any, tls: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[str]]]:
    """Run a server with `answer`. Yield its port, and the Host header of every request."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(self.headers["Host"])
            self.close_connection = True
            answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Log nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Ignore connections that the client closes: these tests cause them."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server.server_address[1], asked
    finally:
        server.shutdown()
        server.server_close()


def accept(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "0")
    request.end_headers()


def test_the_certificate_is_checked_for_the_host_name(
    authority: Authority, names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))
    asked_for: list[str | None] = []
    tls = authority.server(NAME)
    tls.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    names[NAME] = ["127.0.0.1"]

    with served(accept, tls) as (port, hosts):
        post(f"https://{NAME}:{port}/")

    assert hosts == [f"{NAME}:{port}"]
    assert asked_for == [NAME]


@pytest.mark.parametrize("trusted", [True, False], ids=["another name", "another authority"])
def test_an_untrusted_or_foreign_certificate_is_rejected(
    authority: Authority,
    names: dict[str, list[str]],
    monkeypatch: pytest.MonkeyPatch,
    *,
    trusted: bool,
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))
    tls = authority.server("evil.example" if trusted else NAME)
    names[NAME] = ["127.0.0.1"]

    with served(accept, tls) as (port, hosts), pytest.raises(TransientError, match=NAME):
        post(f"https://{NAME}:{port}/")

    assert hosts == []
