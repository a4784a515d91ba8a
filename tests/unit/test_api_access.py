"""Each role may do what it is for. Health and documentation need no token."""

from __future__ import annotations

import re
from typing import Any

import pytest

from api_requests import MACHINE, PERSON, machine, person, request
from lifestream.api.app import app

NOBODY = person()
VIEWER, EDITOR, ADMIN = (person(group) for group in ("viewer", "editor", "admin"))
LEAST = {
    "GET /v1/me": "nobody",
    "GET /v1/openapi.json": "viewer",
    "GET /v1/jobs": "viewer",
    "GET /v1/rates": "viewer",
    "GET /v1/jobs/<job_id>": "viewer",
    "GET /v1/jobs/<job_id>/steps": "viewer",
    "DELETE /v1/jobs/<job_id>": "admin",
    "GET /v1/erasures/<job_id>": "admin",
    "POST /v1/jobs/<job_id>/cancel": "editor",
    "GET /v1/jobs/<job_id>/redrive": "viewer",
    "POST /v1/jobs/<job_id>/redrive": "editor",
    "GET /v1/jobs/<job_id>/events": "viewer",
    "PUT /v1/jobs/<job_id>/speakers": "editor",
    "GET /v1/search": "viewer",
    "POST /v1/ask": "viewer",
    "GET /v1/speakers": "viewer",
    "DELETE /v1/speakers": "admin",
    "GET /v1/jobs/<job_id>/results": "viewer",
    "GET /v1/jobs/<job_id>/transcript": "viewer",
    "GET /v1/jobs/<job_id>/summary": "viewer",
    "GET /v1/jobs/<job_id>/media": "viewer",
    "POST /v1/uploads": "editor",
    "POST /v1/uploads/<upload_id>/parts": "editor",
    "GET /v1/uploads/<upload_id>/parts": "viewer",
    "POST /v1/uploads/<upload_id>/complete": "editor",
    "DELETE /v1/uploads/<upload_id>": "editor",
}
"""The least role of each route."""
FOR_ALL = {
    "GET /v1/health",
    "GET /docs",
    "GET /docs/openapi.json",
    "GET /docs/page.js",
    "GET /docs/signed-in",
    "GET /docs/swagger-ui.css",
    "GET /docs/swagger-ui.js",
}
CALLERS = {
    "nobody": (NOBODY, PERSON, MACHINE, person("visitor"), machine("openid", "other/read")),
    "viewer": (VIEWER, machine("lifestream/read")),
    "editor": (EDITOR, person("viewer", "editor"), machine("lifestream/write")),
    "admin": (ADMIN, machine("lifestream/admin", "lifestream/read")),
}
RANKS = list(CALLERS)


def test_the_table_has_every_route() -> None:
    routes = {f"{r.method} {r.path}" for r in (*app._static_routes, *app._dynamic_routes)}

    assert routes == LEAST.keys() | FOR_ALL


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("route", LEAST)
def test_a_role_may_do_what_it_is_for_and_no_more(route: str, caller: str) -> None:
    method, path = re.sub("<[a-z_]+>", "0" * 32, route).split()
    may = RANKS.index(caller) >= RANKS.index(LEAST[route])

    for claims in CALLERS[caller]:
        answer = request(method, path, claims=claims)

        assert (answer.status != 403) == may, claims
        assert may or answer.json["error"] == "AccessDeniedError"
        assert may or LEAST[route] in answer.json["detail"]


@pytest.mark.parametrize(
    "claims", [None, {}, VIEWER | {"token_use": "id"}, {"cognito:groups": "[admin]"}]
)
def test_only_an_access_token_signs_in(claims: Any) -> None:
    answer = request("GET", "/v1/me", claims=claims)

    assert (answer.status, answer.json["error"]) == (401, "NotSignedInError")
    assert "Authorization: Bearer" in answer.json["advice"]


def test_health_needs_no_token_and_says_where_to_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "dev")
    monkeypatch.setenv("SIGN_IN_URL", "https://sign-in.example.com")
    monkeypatch.setenv("SIGN_IN_CLIENT_ID", "people")

    assert request("GET", "/v1/health", claims=None).json == {
        "status": "ok",
        "stage": "dev",
        "sign_in_url": "https://sign-in.example.com",
        "client_id": "people",
    }


def test_a_person_learns_who_they_are() -> None:
    assert request("GET", "/v1/me", claims=EDITOR).json == {
        "id": "b7c1",
        "name": "ada",
        "role": "editor",
    }


def test_a_machine_learns_who_it_is() -> None:
    claims = machine("lifestream/read")

    assert request("GET", "/v1/me", claims=claims).json == {
        "id": "c5d2",
        "name": None,
        "role": "viewer",
    }


def test_who_has_no_role_learns_who_they_are() -> None:
    assert request("GET", "/v1/me", claims=NOBODY).json == {
        "id": "b7c1",
        "name": "ada",
        "role": None,
    }


@pytest.mark.parametrize(
    "claims",
    [person("lifestream/admin"), machine("admin"), NOBODY | {"scope": "lifestream/admin"}],
)
def test_a_group_is_not_a_scope_and_a_scope_no_group(claims: dict[str, Any]) -> None:
    assert request("GET", "/v1/me", claims=claims).json["role"] is None
    assert request("GET", "/v1/jobs", claims=claims).status == 403
