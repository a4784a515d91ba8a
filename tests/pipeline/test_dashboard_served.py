"""The local stack serves the dashboard beside S3, the API and the sign-in pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from cdk_app.local.synthesis import ROOT
from local_stack import Pipeline
from pipeline.test_closed_addresses import ask
from pipeline.test_closed_to_strangers import presigned


def get(pipeline: Pipeline, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """Send the path as it is: other clients would resolve its dots."""
    return ask(pipeline, method, path, {"Host": urlsplit(pipeline.aws.endpoint).netloc})


@pytest.mark.parametrize("path", ["/", "/upload", "/search?q=budget", "/jobs/3f2a?t=83"])
def test_browsers_get_the_page(pipeline: Pipeline, path: str) -> None:
    status, headers, body = get(pipeline, path)

    is_built = (ROOT / "web" / "dist" / "index.html").exists()
    assert status == (200 if is_built else 503)
    assert body.startswith(b"<!doctype html>")
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert headers["x-frame-options"] == "DENY"
    assert "strict-transport-security" not in headers
    assert get(pipeline, path, "HEAD")[2] == b""


def test_clients_of_s3_get_their_buckets_at_the_same_address(pipeline: Pipeline) -> None:
    names = [bucket["Name"] for bucket in pipeline.s3.list_buckets()["Buckets"]]

    assert pipeline.bucket in names
    assert requests.get(presigned(pipeline), timeout=60).text == "what was said"


@pytest.mark.attack
@pytest.mark.parametrize(
    "path",
    [
        "/assets/../index.html",
        "/assets/../../package.json",
        "/assets/%2e%2e/%2e%2e/package.json",
        "/assets/..%2f..%2fpackage.json",
        "/assets//etc/passwd",
        "/assets/%00",
        "/icon.svg/../../package.json",
        "/jobs/../../../package.json",
        "//127.0.0.1/package.json",
        "/package.json",
        "/web/package.json",
    ],
)
def test_no_path_reads_another_file(pipeline: Pipeline, path: str) -> None:
    status, _, body = get(pipeline, path)

    assert status in {200, 403, 404, 503}
    assert b"lifestream-web" not in body
    assert b"root:" not in body
    assert status != 200 or body == get(pipeline, "/")[2]


@pytest.mark.attack
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_pages_cannot_be_changed(pipeline: Pipeline, method: str) -> None:
    assert get(pipeline, "/", method)[0] == 403
    assert get(pipeline, "/assets/index.js", method)[0] == 403


def test_the_sign_in_returns_to_the_dashboard(pipeline: Pipeline) -> None:
    outputs = pipeline.aws.outputs
    client = people(pipeline)

    assert outputs["DashboardUrl"] == pipeline.aws.endpoint
    assert f"{pipeline.aws.endpoint}/" in client["CallbackURLs"]
    assert f"{pipeline.aws.endpoint}/" in client["LogoutURLs"]


def people(pipeline: Pipeline) -> dict[str, Any]:
    outputs = pipeline.aws.outputs
    described = (
        pipeline.aws.session()
        .client("cognito-idp")
        .describe_user_pool_client(
            UserPoolId=outputs["UserPoolId"], ClientId=outputs["PeopleClientId"]
        )
    )
    client: dict[str, Any] = described["UserPoolClient"]
    return client
