"""The documentation needs no token, and its pages ask nobody but the API and the sign-in pages.

`tests/contract/test_api_documentation.py` uses them in a browser.
"""

from __future__ import annotations

import gzip
import re

import pytest

from api_requests import Answer, request
from lifestream.api.app import described

SIGN_IN = "https://sign-in.example.com"


@pytest.fixture(autouse=True)
def _sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "dev")
    monkeypatch.setenv("SIGN_IN_URL", SIGN_IN)
    monkeypatch.setenv("SIGN_IN_CLIENT_ID", 'client-"1"')


def policy(answer: Answer) -> dict[str, str]:
    parts = answer.headers["Content-Security-Policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts)


@pytest.mark.attack
@pytest.mark.parametrize("path", ["/docs", "/docs/signed-in"])
def test_a_page_runs_only_our_own_scripts(path: str) -> None:
    answer = request("GET", path, claims=None)

    assert answer.status == 200
    assert policy(answer)["default-src"] == "'none'"
    assert policy(answer)["frame-ancestors"] == "'none'"
    assert not re.search(r"unsafe|\*|https?:", str(policy(answer)).replace(SIGN_IN, ""))
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", answer.text)


def test_the_page_asks_the_api_and_the_sign_in_pages() -> None:
    answer = request("GET", "/docs", claims=None)

    assert policy(answer)["connect-src"] == f"'self' {SIGN_IN}"
    assert 'data-client="client-&quot;1&quot;"' in answer.text


def test_every_file_of_the_page_needs_no_token() -> None:
    page = request("GET", "/docs", claims=None).text

    for path in re.findall(r"/docs/[\w.-]+", page):
        answer = request("GET", path, claims=None)
        assert answer.status == 200
        assert answer.headers["Content-Type"] in ("text/css", "text/javascript")


def test_the_files_of_swagger_ui_are_compressed_and_stay_in_the_browser() -> None:
    answer = request("GET", "/docs/swagger-ui.js", claims=None)

    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"SwaggerUIBundle" in gzip.decompress(answer.content)
    assert len(answer.content) < 600_000
    assert answer.headers["Cache-Control"] == "public, max-age=86400"


def test_the_description_says_where_people_sign_in() -> None:
    answer = request("GET", "/docs/openapi.json", claims=None)

    token = answer.json["components"]["securitySchemes"]["token"]
    flow = token["flows"]["authorizationCode"]
    assert token["type"] == "oauth2"
    assert flow["authorizationUrl"] == f"{SIGN_IN}/oauth2/authorize"
    assert flow["tokenUrl"] == f"{SIGN_IN}/oauth2/token"
    assert answer.json["paths"] == described()["paths"]


@pytest.mark.attack
@pytest.mark.parametrize(
    "path", ["/docs/../v1/jobs", "/docs/%2e%2e/v1/jobs", "/docs/x", "/docsx", "/docs/v1/jobs"]
)
def test_no_other_path_needs_no_token(path: str) -> None:
    assert request("GET", path, claims=None).status in (401, 404)
