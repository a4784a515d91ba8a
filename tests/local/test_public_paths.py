"""The paths of the local stack that need no signature."""

from __future__ import annotations

import pytest

from cdk_app.local.ministack.public_paths import is_public


@pytest.mark.parametrize(
    "path",
    ["/v1/jobs", "/v1/jobs/a\nb/media", "/docs", "/docs/page.js", "/pool_1/.well-known/jwks.json"],
)
def test_paths_of_the_api_and_of_the_sign_in_are_public(path: str) -> None:
    assert is_public("GET", path)


@pytest.mark.attack
@pytest.mark.parametrize(
    "path",
    ["/", "/docsx", "/v10/jobs", "//v1/jobs", "/x/v1/jobs", "/x/docs", "/_aws/docs", "/login"],
)
def test_all_other_paths_need_a_signature(path: str) -> None:
    assert not is_public("GET", path)
