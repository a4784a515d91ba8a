"""Sign in on the pages of a deployment: authorization code flow with PKCE (RFC 7636, RFC 8252)."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Protocol
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session

from lifestream.client.rest.session import ApiSession, unreachable
from lifestream.client.rest.sign_ins import SignIn
from lifestream.domain.sign_in import CALLBACK_PORTS, callback
from lifestream.errors import SignInError
from lifestream.rest.identity import Health

VERIFIER_CHARACTERS = 64
PATIENCE_SECONDS = 300
SECONDS = 30
DONE = b"<!doctype html><title>LifeStream</title><p>You are signed in. You can close this page."


class Pages(Protocol):
    """A browser. `callback` is where the sign-in pages send it at the end."""

    callback: str

    def visit(self, address: str) -> str:
        """Show the sign-in page to somebody, and return the address at which the browser ended."""


def sign_in(api_url: str, pages: Pages) -> SignIn:
    """Sign in to the deployment of an API. Raises SignInError, TransientError."""
    health = ApiSession(api_url, requests.Session()).ask(Health, "GET", "/v1/health")
    session = OAuth2Session(
        health.client_id,
        scope="openid",
        redirect_uri=pages.callback,
        code_challenge_method="S256",
        token_endpoint_auth_method="none",  # noqa: S106  # no secret
        default_timeout=SECONDS,
    )
    verifier = generate_token(VERIFIER_CHARACTERS)
    authorize = f"{health.sign_in_url}/oauth2/authorize"
    address, state = session.create_authorization_url(authorize, code_verifier=verifier)
    ended_at = pages.visit(address)
    try:
        token = session.fetch_token(
            f"{health.sign_in_url}/oauth2/token",
            authorization_response=ended_at,
            state=state,
            code_verifier=verifier,
        )
    except AuthlibBaseError as error:
        raise SignInError(f"nobody signed in: {error.description or error.error}") from error
    except requests.RequestException as error:
        raise unreachable(health.sign_in_url, error) from error
    return SignIn(
        stage=health.stage,
        api_url=api_url.rstrip("/"),
        sign_in_url=health.sign_in_url,
        client_id=health.client_id,
        token=dict(token),
    )


class BrowserHere:
    """A browser on this computer, which comes back to a port of it."""

    def __init__(self, show: Callable[[str], object]) -> None:
        """Raises SignInError if other programs use all ports."""
        self._show = show
        self._server = _free_receiver()
        self.callback = callback(self._server.server_port)

    def visit(self, address: str) -> str:
        """Raises SignInError after five minutes."""
        with self._server:
            self._show(address)
            return self._server.wait()


class Receiver(HTTPServer):
    """Receives one request at the address to which the pages send people back."""

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.timeout = 1.0
        self.ended_at: str | None = None

    def wait(self) -> str:
        until = time.monotonic() + PATIENCE_SECONDS
        while self.ended_at is None:
            if time.monotonic() > until:
                raise SignInError(f"nobody signed in for {PATIENCE_SECONDS // 60} minutes")
            self.handle_request()
        return self.ended_at


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_GET(self) -> None:
        expected, came = urlsplit(callback(self.server.server_port)), urlsplit(self.path)
        is_it = came.path == expected.path
        self.send_response(HTTPStatus.OK if is_it else HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        if is_it:
            self.wfile.write(DONE)
            self.server.ended_at = expected._replace(query=came.query).geturl()

    def log_message(self, *_: object) -> None:
        """Print nothing: the address has the code."""


def _free_receiver() -> Receiver:
    for port in CALLBACK_PORTS:
        with suppress(OSError):
            return Receiver(port)
    ports = ", ".join(map(str, CALLBACK_PORTS))
    raise SignInError(f"other programs use the ports {ports} of this computer")
