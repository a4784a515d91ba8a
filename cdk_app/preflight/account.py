"""Check the credentials, the region, and the region's CDK bootstrap stack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lifestream.client.aws_errors import SET_REGION
from lifestream.client.doctor.findings import Finding, failed, ok

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_sts import STSClient

BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
"""With CDK's default qualifier: https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html"""


def check_account(sts: STSClient, region: str | None) -> Iterator[Finding]:
    """Require a region: without one, CDK would silently use us-east-1, and the client none."""
    who = sts.get_caller_identity()
    if region is None:
        yield failed("account", f"{who['Account']}, but no region is set", SET_REGION)
    else:
        yield ok("account", f"{who['Account']} in {region}, as {who['Arn']}")


def check_bootstrap(ssm: SSMClient, needed: int) -> Iterator[Finding]:
    try:
        version = int(ssm.get_parameter(Name=BOOTSTRAP_VERSION)["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        region = ssm.meta.region_name
        yield failed("CDK bootstrap", f"{region} is not bootstrapped", "Run: make bootstrap")
        return
    if version < needed:
        detail = f"version {version}, but the template needs {needed}"
        yield failed("CDK bootstrap", detail, "Run: make bootstrap")
    else:
        yield ok("CDK bootstrap", f"version {version}")
