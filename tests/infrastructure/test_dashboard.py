"""The hosting of the dashboard, as the template defines it: headers, access, caching, routing."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from cdk_app.local.dashboard_headers import headers_by_pattern
from infrastructure.templates import resources, uploads_bucket
from lifestream.api.events import LONGEST_WAIT_SECONDS

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
ALL_VIEWER_EXCEPT_HOST_HEADER = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"
"""https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
and the pages about the managed policies of origin requests and response headers"""
A_YEAR = 31_536_000


def distribution(template: Template) -> dict[str, Any]:
    [found] = resources(template, "AWS::CloudFront::Distribution")
    config: dict[str, Any] = found["DistributionConfig"]
    return config


def behaviors(template: Template) -> dict[str, dict[str, Any]]:
    """Return what happens to requests, by pattern of paths."""
    config = distribution(template)
    return {
        "*": config["DefaultCacheBehavior"],
        **{behavior["PathPattern"]: behavior for behavior in config["CacheBehaviors"]},
    }


def origins(template: Template) -> dict[str, dict[str, Any]]:
    return {origin["Id"]: origin for origin in distribution(template)["Origins"]}


def policies(template: Template) -> list[dict[str, Any]]:
    """Return the headers of pages and assets."""
    found = [
        policy["ResponseHeadersPolicyConfig"]
        for policy in resources(template, "AWS::CloudFront::ResponseHeadersPolicy")
    ]
    assert len(found) == 2
    return found


def directives(policy: dict[str, Any]) -> dict[str, list[str]]:
    """Return the content security policy, with the name of a resource for each reference to it."""
    csp = policy["SecurityHeadersConfig"]["ContentSecurityPolicy"]
    assert csp["Override"] is True
    parts = csp["ContentSecurityPolicy"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else named(part) for part in parts)
    return {name: sources for name, *sources in map(str.split, text.split(";"))}


def named(reference: dict[str, Any]) -> str:
    return str(reference["Ref"] if "Ref" in reference else ".".join(reference["Fn::GetAtt"]))


def test_no_script_runs_but_that_of_the_build(template: Template) -> None:
    for policy in policies(template):
        sources = directives(policy)

        assert sources["default-src"] == ["'none'"]
        assert sources["script-src"] == sources["style-src"] == ["'self'"]
        assert sources["img-src"] == ["'self'", "data:", "blob:"]
        for closed in ("base-uri", "form-action", "frame-ancestors"):
            assert sources[closed] == ["'none'"]
        assert "unsafe" not in json.dumps(sources)


def test_pages_reach_the_sign_in_and_the_bucket_and_nothing_else(template: Template) -> None:
    [domain] = template.find_resources("AWS::Cognito::UserPoolDomain")
    bucket = f"https://{uploads_bucket(template)[0]}.RegionalDomainName"
    sign_in = f"https://{domain}.auth.AWS::Region.amazoncognito.com"

    for policy in policies(template):
        sources = directives(policy)

        assert sources["connect-src"] == ["'self'", sign_in, bucket]
        assert sources["media-src"] == ["'self'", "blob:", bucket]


def test_every_file_has_the_headers_that_protect_pages(template: Template) -> None:
    for policy in policies(template):
        headers = policy["SecurityHeadersConfig"]

        assert headers["StrictTransportSecurity"] == {
            "AccessControlMaxAgeSec": A_YEAR, "IncludeSubdomains": True, "Override": True
        }  # fmt: skip
        assert headers["ContentTypeOptions"] == {"Override": True}
        assert headers["FrameOptions"] == {"FrameOption": "DENY", "Override": True}
        assert headers["ReferrerPolicy"] == {"ReferrerPolicy": "no-referrer", "Override": True}


def test_the_local_stack_sends_the_same_headers(template: Template) -> None:
    """Except for HTTPS, and for the other hosts, which are its own address."""
    headers = headers_by_pattern(dict(template.to_json()))
    pages, assets = headers["*"], headers["/assets/*"]

    assert set(headers) == {"*", "/assets/*"}
    assert pages["Content-Security-Policy"] == assets["Content-Security-Policy"]
    assert "connect-src 'self'; media-src 'self' blob:;" in pages["Content-Security-Policy"]
    assert "https:" not in pages["Content-Security-Policy"]
    assert pages["Cache-Control"] == "no-cache"
    assert assets["Cache-Control"] == f"public, max-age={A_YEAR}, immutable"


def test_cloudfront_keeps_assets_only(template: Template) -> None:
    """A new version is seen at once, because the page names its assets by their content."""
    cached = {path: behavior["CachePolicyId"] for path, behavior in behaviors(template).items()}

    assert cached.pop("/assets/*") == CACHING_OPTIMIZED
    assert set(cached) == {"*", "/v1/*", "/docs", "/docs/*"}
    assert set(cached.values()) == {CACHING_DISABLED}


def test_only_the_distribution_reads_the_private_bucket(template: Template) -> None:
    [distribution_id] = template.find_resources("AWS::CloudFront::Distribution")
    [control] = resources(template, "AWS::CloudFront::OriginAccessControl")
    [origin] = [origin for origin in origins(template).values() if "S3OriginConfig" in origin]
    bucket = origin["DomainName"]["Fn::GetAtt"][0]
    properties = template.find_resources("AWS::S3::Bucket")[bucket]["Properties"]
    allowed = [
        statement
        for policy in resources(template, "AWS::S3::BucketPolicy")
        if policy["Bucket"] == {"Ref": bucket}
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]

    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert "WebsiteConfiguration" not in properties
    assert control["OriginAccessControlConfig"]["SigningBehavior"] == "always"
    assert origin["OriginAccessControlId"]["Fn::GetAtt"][1] == "Id"
    [statement] = allowed
    assert statement["Action"] == "s3:GetObject"
    assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    arn = statement["Condition"]["StringEquals"]["AWS:SourceArn"]
    assert {"Ref": distribution_id} in arn["Fn::Join"][1]


@pytest.mark.parametrize("path", ["/v1/*", "/docs", "/docs/*"])
def test_requests_for_the_api_are_passed_on_as_they_are(template: Template, path: str) -> None:
    """With caching disabled, this origin request policy forwards the Authorization header:
    https://repost.aws/knowledge-center/cloudfront-authorization-header"""
    behavior = behaviors(template)[path]
    [api] = template.find_resources("AWS::ApiGatewayV2::Api")
    origin = origins(template)[behavior["TargetOriginId"]]

    assert {"PUT", "PATCH", "POST", "DELETE"} < set(behavior["AllowedMethods"])
    assert behavior["OriginRequestPolicyId"] == ALL_VIEWER_EXCEPT_HOST_HEADER
    assert behavior["ResponseHeadersPolicyId"] == SECURITY_HEADERS
    assert behavior["ViewerProtocolPolicy"] == "https-only"
    assert "FunctionAssociations" not in behavior
    assert origin["DomainName"]["Fn::Join"][1][0] == {"Ref": api}
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert origin["CustomOriginConfig"]["OriginSSLProtocols"] == ["TLSv1.2"]
    assert origin["CustomOriginConfig"]["OriginReadTimeout"] > LONGEST_WAIT_SECONDS


def test_an_error_of_the_api_stays_an_error(template: Template) -> None:
    """Error pages of a distribution hold for all its paths: a 404 of the API would be a page."""
    assert "CustomErrorResponses" not in distribution(template)


def test_the_dashboard_costs_nothing_while_idle(template: Template) -> None:
    """https://aws.amazon.com/cloudfront/pricing/ counts requests, data and function calls."""
    config = distribution(template)

    template.resource_count_is("AWS::WAFv2::WebACL", 0)
    template.resource_count_is("AWS::CertificateManager::Certificate", 0)
    assert "WebACLId" not in config
    assert "ViewerCertificate" not in config
    assert all("OriginShield" not in origin for origin in config["Origins"])
    assert all("LambdaFunctionAssociations" not in b for b in behaviors(template).values())


ADDRESSES = ["/", "/upload", "/search", "/jobs/3f2a", "/jobs/3f2a/", "/nothing/like/this"]
FILES = ["/icon.svg", "/index.html", "/robots.txt"]
HOSTILE = [
    "/jobs/../../secret.txt",
    "/..%2f..%2fsecret",
    "/%2e%2e/%2e%2e/secret",
    "//evil.example/",
    "//evil",
    "/\\evil",
    "/jobs/%0d%0aSet-Cookie:a=b",
    "/jobs/<script>alert(1)</script>",
    "/" + "a" * 8000,
    "/constructor/__proto__",
]


def routed(template: Template, uris: list[str]) -> list[dict[str, Any]]:
    """Run the function in Node, and return the requests that go to the bucket."""
    [function] = resources(template, "AWS::CloudFront::Function")
    script = f"""{function["FunctionCode"]}
    const uris = JSON.parse(require("fs").readFileSync(0, "utf-8"));
    const request = (uri) => ({{ method: "GET", uri, querystring: {{}}, headers: {{}} }});
    console.log(JSON.stringify(uris.map((uri) => handler({{ request: request(uri) }}))));"""
    answer = subprocess.run(
        ["/usr/bin/env", "node", "-e", script],
        input=json.dumps(uris),
        capture_output=True,
        text=True,
        check=True,
    )
    requests: list[dict[str, Any]] = json.loads(answer.stdout)
    return requests


def test_each_address_is_answered_with_the_page_and_each_file_with_itself(
    template: Template,
) -> None:
    behavior = behaviors(template)["*"]

    [association] = behavior["FunctionAssociations"]
    assert association["EventType"] == "viewer-request"
    assert {request["uri"] for request in routed(template, ADDRESSES)} == {"/index.html"}
    assert [request["uri"] for request in routed(template, FILES)] == FILES


def test_no_address_is_answered_by_the_function_or_changes_anything_but_the_path(
    template: Template,
) -> None:
    """The bucket answers all other paths with 403: S3 does not resolve `..`."""
    for asked, request in zip(HOSTILE, routed(template, HOSTILE), strict=True):
        assert request["uri"] in {"/index.html", asked}
        assert request | {"uri": asked} == {
            "method": "GET", "uri": asked, "querystring": {}, "headers": {}
        }  # fmt: skip
