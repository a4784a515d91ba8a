"""Read the headers that CloudFront adds to the dashboard's files from the synthesized template."""

from __future__ import annotations

import re
from typing import Any

POLICY = "AWS::CloudFront::ResponseHeadersPolicy"
EVERY_PATH = "*"
OTHER_HOSTS = re.compile(r" https://[^ ;]+")


def headers_by_pattern(template: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return the headers for each pattern of paths, the most specific first."""
    resources = template["Resources"]
    [distribution] = [
        resource["Properties"]["DistributionConfig"]
        for resource in resources.values()
        if resource["Type"] == "AWS::CloudFront::Distribution"
    ]
    behaviors = [
        *distribution["CacheBehaviors"],
        {"PathPattern": EVERY_PATH, **distribution["DefaultCacheBehavior"]},
    ]
    return {
        behavior["PathPattern"]: _headers(resources[policy["Ref"]]["Properties"])
        for behavior in behaviors
        if isinstance(policy := behavior["ResponseHeadersPolicyId"], dict)
    }


def _headers(properties: dict[str, Any]) -> dict[str, str]:
    """Return a policy's headers but the one that demands HTTPS, which this machine lacks."""
    config = properties["ResponseHeadersPolicyConfig"]
    security = config["SecurityHeadersConfig"]
    own = {item["Header"]: item["Value"] for item in config["CustomHeadersConfig"]["Items"]}
    return {
        "Content-Security-Policy": _local(security["ContentSecurityPolicy"]),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": security["FrameOptions"]["FrameOption"],
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        **own,
    }


def _local(policy: dict[str, Any]) -> str:
    """Return the policy without the hosts of the sign-in pages and of the bucket, which are the
    dashboard's own here."""
    _, parts = policy["ContentSecurityPolicy"]["Fn::Join"]
    text = "".join(part if isinstance(part, str) else "reference" for part in parts)
    return OTHER_HOSTS.sub("", text)
