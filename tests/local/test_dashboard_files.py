"""The local stack serves the dashboard's files to browsers, and nothing else of the folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdk_app.local.dashboard_headers import headers_by_pattern
from cdk_app.local.ministack.dashboard_files import DashboardFiles, File
from cdk_app.local.ministack.signatures import Request

HEADERS = {
    "/assets/*": {"Cache-Control": "immutable"},
    "*": {"Cache-Control": "no-cache", "Content-Security-Policy": "default-src 'none'"},
}
PAGE = b"<!doctype html><title>LifeStream</title>"


@pytest.fixture
def dashboard(tmp_path: Path) -> DashboardFiles:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_bytes(PAGE)
    (folder / "icon.svg").write_text("<svg/>")
    (folder / "assets" / "index-a1.js").write_text("start()")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "assets" / "link").mkdir()
    return DashboardFiles(str(folder), HEADERS)


def get(dashboard: DashboardFiles, path: str, method: str = "GET", **headers: str) -> File | None:
    return dashboard.file_for(Request(method, path, (), headers))


@pytest.mark.parametrize("path", ["/", "/upload", "/search", "/jobs", "/jobs/3f2a", "/jobs/a/b"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_each_address_has_the_one_page(dashboard: DashboardFiles, path: str, method: str) -> None:
    page = get(dashboard, path, method)

    assert page is not None
    assert (page.status, page.content) == (200, PAGE)
    assert page.media_type == "text/html; charset=utf-8"
    assert page.headers == HEADERS["*"]


def test_files_have_their_type_and_the_headers_of_their_path(dashboard: DashboardFiles) -> None:
    script, icon = get(dashboard, "/assets/index-a1.js"), get(dashboard, "/icon.svg")

    assert script is not None
    assert icon is not None
    assert (script.media_type, script.content) == ("text/javascript; charset=utf-8", b"start()")
    assert script.headers == HEADERS["/assets/*"]
    assert icon.media_type == "image/svg+xml"
    assert icon.headers == HEADERS["*"]


@pytest.mark.attack
@pytest.mark.parametrize(
    "path",
    [
        "/assets/../../secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/..\\..\\secret.txt",
        "/assets//etc/passwd",
        "/assets/",
        "/assets/link",
        "/assets/missing.js",
        "/assets/index-a1.js/",
        "/assets/index-a1.js%00",
    ],
)
def test_no_path_leaves_the_folder(dashboard: DashboardFiles, path: str) -> None:
    answer = get(dashboard, path)

    assert answer is not None
    assert (answer.status, answer.content) == (404, b"Not found")


@pytest.mark.attack
@pytest.mark.parametrize("path", ["/jobs/../../secret.txt", "/jobs/%2e%2e/secret.txt"])
def test_whatever_is_below_jobs_is_the_page(dashboard: DashboardFiles, path: str) -> None:
    answer = get(dashboard, path)

    assert answer is not None
    assert answer.content == PAGE


@pytest.mark.parametrize(
    "path", ["/bucket", "/uploads/a.mp4", "/index.html", "/.ready", "/jobsx", "//", "/icon.svg/x"]
)
def test_other_paths_are_for_other_services(dashboard: DashboardFiles, path: str) -> None:
    assert get(dashboard, path) is None


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_for_other_services(dashboard: DashboardFiles, method: str) -> None:
    assert get(dashboard, "/", method) is None


def test_signed_requests_are_for_other_services(dashboard: DashboardFiles) -> None:
    """`GET /` lists the buckets, and a bucket may be called like a page."""
    presigned = Request("GET", "/jobs/a.mp4", (("X-Amz-Signature", "a1"),), {})

    assert get(dashboard, "/", authorization="AWS4-HMAC-SHA256 Credential=…") is None
    assert get(dashboard, "/", **{"x-amz-date": "20261127T000000Z"}) is None
    assert dashboard.file_for(presigned) is None


def test_parameters_of_the_pages_are_not_signatures(dashboard: DashboardFiles) -> None:
    returned = Request("GET", "/", (("code", "c1"), ("state", "s1")), {})

    assert dashboard.file_for(returned) is not None


def test_without_a_build_the_pages_say_how_to_build(tmp_path: Path) -> None:
    nothing = DashboardFiles(str(tmp_path / "dist"), HEADERS)

    page, asset = get(nothing, "/jobs/3f2a"), get(nothing, "/assets/index-a1.js")

    assert page is not None
    assert asset is not None
    assert (page.status, asset.status) == (503, 404)
    assert b"npm run build" in page.content
    assert page.headers == HEADERS["*"]


def test_a_new_build_is_served_without_a_restart(tmp_path: Path) -> None:
    dashboard = DashboardFiles(str(tmp_path), HEADERS)
    (tmp_path / "index.html").write_bytes(PAGE)

    page = get(dashboard, "/")

    assert page is not None
    assert page.content == PAGE


def test_headers_are_those_of_the_template_without_other_hosts() -> None:
    [pages] = headers_by_pattern(TEMPLATE).values()

    assert pages == {
        "Content-Security-Policy": "connect-src 'self'; media-src 'self' blob:",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }


SIGN_IN = ["connect-src 'self' https://", {"Ref": "Domain"}, ".auth.amazoncognito.com https://"]
BUCKET = {"Fn::GetAtt": ["Bucket", "RegionalDomainName"]}
POLICY = {"Fn::Join": ["", [*SIGN_IN, BUCKET, "; media-src 'self' blob: https://", BUCKET]]}
TEMPLATE = {
    "Resources": {
        "Distribution": {
            "Type": "AWS::CloudFront::Distribution",
            "Properties": {
                "DistributionConfig": {
                    "CacheBehaviors": [
                        {"PathPattern": "/v1/*", "ResponseHeadersPolicyId": "of-aws"}
                    ],
                    "DefaultCacheBehavior": {"ResponseHeadersPolicyId": {"Ref": "Pages"}},
                }
            },
        },
        "Pages": {
            "Type": "AWS::CloudFront::ResponseHeadersPolicy",
            "Properties": {
                "ResponseHeadersPolicyConfig": {
                    "CustomHeadersConfig": {
                        "Items": [{"Header": "Cache-Control", "Value": "no-cache"}]
                    },
                    "SecurityHeadersConfig": {
                        "ContentSecurityPolicy": {"ContentSecurityPolicy": POLICY},
                        "FrameOptions": {"FrameOption": "DENY"},
                        "ReferrerPolicy": {"ReferrerPolicy": "no-referrer"},
                        "StrictTransportSecurity": {"AccessControlMaxAgeSec": 31536000},
                    },
                }
            },
        },
    }
}
