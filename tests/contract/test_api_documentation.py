"""Swagger UI in a real browser: somebody signs in, and tries a request with the token.

The browser's requests to the API get the answers of the function. Those to the sign-in pages get
the answers that Cognito gives.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from api_requests import ADMIN, request
from lifestream.api.app import described

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route
from page_reader import Reader

API = "https://api.example.com"
SIGN_IN = "https://sign-in.example.com"
CLIENT = "client-1"
TOKEN = "access-token-1"  # noqa: S105  # of the test
CODE = "code-1"


@dataclass
class Servers:
    """The API and the sign-in pages. `strangers`: the addresses of requests to others."""

    strangers: list[str] = field(default_factory=list)
    challenge: str = ""

    def answer(self, route: Route) -> None:
        url = urlsplit(route.request.url)
        host = f"{url.scheme}://{url.netloc}"
        if host == API:
            self._of_the_api(route, url.path)
        elif (host, url.path) == (SIGN_IN, "/oauth2/authorize"):
            self._sends_back(route, dict(parse_qsl(url.query)))
        elif (host, url.path) == (SIGN_IN, "/oauth2/token"):
            self._gives_a_token(route)
        else:
            self.strangers.append(route.request.url)
            route.abort()

    def _of_the_api(self, route: Route, path: str) -> None:
        token = route.request.headers.get("authorization")
        claims = ADMIN if token == f"Bearer {TOKEN}" else None
        answer = request(route.request.method, path, claims=claims)
        headers, body = dict(answer.headers), answer.content
        if headers.pop("Content-Encoding", None) == "gzip":  # which Playwright does not decode
            body = gzip.decompress(body)
        route.fulfill(status=answer.status, headers=headers, body=body)

    def _sends_back(self, route: Route, query: dict[str, str]) -> None:
        assert (query["response_type"], query["client_id"]) == ("code", CLIENT)
        assert query["redirect_uri"] == f"{API}/docs/signed-in"
        assert query["code_challenge_method"] == "S256"
        self.challenge = query["code_challenge"]
        back = f"{query['redirect_uri']}?code={CODE}&state={query['state']}"
        # Playwright follows no redirect.
        page = f"<script>location.replace({json.dumps(back)})</script>"
        route.fulfill(content_type="text/html", body=page)

    def _gives_a_token(self, route: Route) -> None:
        headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
        form = parse_qs(route.request.post_data or "")
        if route.request.method == "POST":
            digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
            assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == self.challenge
            assert form["code"] == [CODE]
        body = json.dumps({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600})
        route.fulfill(status=200, headers=headers, content_type="application/json", body=body)


@pytest.fixture
def servers(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> Servers:
    monkeypatch.setenv("STAGE", "dev")
    monkeypatch.setenv("SIGN_IN_URL", SIGN_IN)
    monkeypatch.setenv("SIGN_IN_CLIENT_ID", CLIENT)
    servers = Servers()
    reader.page.context.route("**/*", servers.answer)
    return servers


def test_somebody_signs_in_and_tries_a_request(reader: Reader, servers: Servers) -> None:
    page = reader.page
    page.goto(f"{API}/docs")
    page.locator(".opblock").first.wait_for()
    shown = page.locator(".opblock").count()

    sign_in(page)
    answer = try_out(page, "/v1/me")

    assert shown == sum(len(operations) for operations in described()["paths"].values())
    assert '"role": "admin"' in answer
    assert servers.strangers == []
    assert reader.complaints == []


def sign_in(page: Page) -> None:
    page.get_by_role("button", name="Authorize").click()
    with page.expect_popup():
        page.get_by_role("button", name="Apply given OAuth2 credentials").click()
    page.get_by_text("Authorized", exact=True).wait_for()
    page.locator(".btn-done").click()


def try_out(page: Page, path: str) -> str:
    """Send the request of the first operation with this path, and return what is shown."""
    operation = page.locator(".opblock", has=page.locator(f"[data-path='{path}']"))
    operation.locator(".opblock-summary").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table .response-col_description").last
    answer.wait_for()
    return answer.inner_text()
