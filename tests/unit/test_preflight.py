"""`make preflight` checks the account; each check can pass and fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError

from aws_answers import stubbed
from cdk_app.config import Config
from cdk_app.preflight.account import BOOTSTRAP_VERSION, check_account, check_bootstrap
from cdk_app.preflight.offerings import check_offerings
from cdk_app.preflight.permissions_boundary import check_boundary
from cdk_app.preflight.private_network import check_endpoints, check_internet
from cdk_app.preflight.quotas import check_concurrency, check_vcpus
from cdk_app.preflight.service_linked_roles import check_service_linked_roles
from cdk_app.preflight.tools import check_python
from conftest import our_session
from lifestream.client.doctor.findings import Check, Finding, Verdict, examine

GPU_TYPES = ("g6.xlarge", "g5.xlarge")
GPU, CPU = Config(), Config(compute="cpu")
OK, WARNING, FAILED, FIXED = Verdict.OK, Verdict.WARNING, Verdict.FAILED, Verdict.FIXED


def verdicts(findings: Iterator[Finding]) -> list[Verdict]:
    return [finding.verdict for finding in findings]


def service_quota(code: str, name: str, value: float) -> tuple[str, dict[str, Any]]:
    """https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html"""
    quota = {
        "ServiceCode": "ec2",
        "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)",
        "QuotaArn": f"arn:aws:servicequotas:us-east-1:111122223333:ec2/{code}",
        "QuotaCode": code,
        "QuotaName": name,
        "Value": value,
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }
    return "get_service_quota", {"Quota": quota}


def account_settings(concurrency: int) -> tuple[str, dict[str, Any]]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html"""
    limit = {
        "TotalCodeSize": 80_530_636_800,
        "CodeSizeUnzipped": 262_144_000,
        "CodeSizeZipped": 52_428_800,
        "ConcurrentExecutions": concurrency,
        "UnreservedConcurrentExecutions": concurrency,
    }
    return "get_account_settings", {
        "AccountLimit": limit,
        "AccountUsage": {"TotalCodeSize": 9_426, "FunctionCount": 8},
    }


@pytest.mark.usefixtures("aws")
def test_account_and_region_are_named() -> None:
    [finding] = check_account(our_session().client("sts"), "us-east-1")

    assert finding.verdict is OK
    assert finding.detail.startswith("123456789012 in us-east-1, as arn:aws:sts::")


@pytest.mark.usefixtures("aws")
def test_a_region_has_to_be_set() -> None:
    [finding] = check_account(our_session().client("sts"), None)

    assert finding.verdict is FAILED
    assert "no region is set" in finding.detail
    assert "AWS_REGION" in finding.advice


@pytest.mark.parametrize(
    ("code", "says", "advice"),
    [
        ("ExpiredToken", "the AWS credentials have expired", "aws sso login"),
        ("InvalidClientTokenId", "AWS rejects these credentials", "Is the region enabled"),
        ("AccessDenied", "these credentials may not call GetCallerIdentity", "Allow"),
        ("Throttling", "AWS is busy", "Try again in a minute"),
        ("SomethingElse", "GetCallerIdentity: SomethingElse: no", "Correct"),
    ],
)
def test_an_error_of_aws_is_the_line_of_its_check_and_the_others_still_run(
    code: str, says: str, advice: str
) -> None:
    refusing = stubbed("sts", ("get_caller_identity", {"Error": code, "Message": "no"}))
    checks = [
        Check("account", lambda: check_account(refusing, "us-east-1")),
        Check("Python", check_python),
    ]

    refused, after = examine(checks)

    assert (refused.what, refused.verdict) == ("account", FAILED)
    assert says in refused.detail
    assert advice in refused.advice
    assert after.verdict is OK


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (NoCredentialsError(), "there are no AWS credentials"),
        (EndpointConnectionError(endpoint_url="https://x"), "AWS cannot be reached"),
    ],
)
def test_without_credentials_or_network_the_line_says_so(error: Exception, says: str) -> None:
    def fails() -> Iterator[Finding]:
        raise error

    [finding] = examine([Check("account", fails)])

    assert (finding.verdict, says in finding.detail) == (FAILED, True)


@pytest.mark.parametrize(
    ("version", "verdict", "says"),
    [("21", OK, "version 21"), ("5", FAILED, "version 5, but the template needs 6")],
)
@pytest.mark.usefixtures("aws")
def test_the_bootstrap_version_is_compared(version: str, verdict: Verdict, says: str) -> None:
    ssm = our_session().client("ssm")
    ssm.put_parameter(Name=BOOTSTRAP_VERSION, Value=version, Type="String")

    [finding] = check_bootstrap(ssm, 6)

    assert (finding.verdict, finding.detail) == (verdict, says)


@pytest.mark.usefixtures("aws")
def test_a_region_that_is_not_bootstrapped_is_named() -> None:
    [finding] = check_bootstrap(our_session().client("ssm"), 6)

    assert (finding.verdict, finding.detail) == (FAILED, "us-east-1 is not bootstrapped")
    assert "make bootstrap" in finding.advice


@pytest.mark.usefixtures("aws")
def test_missing_roles_are_named_and_made_on_request() -> None:
    iam = our_session().client("iam")
    spot = Config(spot=True)

    missing = list(check_service_linked_roles(iam, spot, fix=False))
    assert verdicts(iter(missing)) == [FAILED, FAILED, FAILED]
    assert [finding.what for finding in missing] == [
        "role AWSServiceRoleForECS",
        "role AWSServiceRoleForECSCompute",
        "role AWSServiceRoleForEC2Spot",
    ]
    assert "make preflight FIX=yes" in missing[0].advice
    assert verdicts(check_service_linked_roles(iam, spot, fix=True)) == [FIXED, FIXED, FIXED]
    assert verdicts(check_service_linked_roles(iam, spot, fix=False)) == [OK, OK, OK]


@pytest.mark.usefixtures("aws")
def test_only_the_roles_of_the_chosen_compute_are_asked_for() -> None:
    iam = our_session().client("iam")

    assert len(list(check_service_linked_roles(iam, GPU, fix=False))) == 2
    assert len(list(check_service_linked_roles(iam, CPU, fix=False))) == 1


@pytest.mark.parametrize(
    ("vcpus", "verdict", "advice"),
    [
        (16, OK, ""),
        (8, FAILED, "SWITCHES='-c max_gpu_tasks=2'"),
        (0, FAILED, "COMPUTE=cpu"),
    ],
)
def test_the_gpu_quota_is_compared_with_the_tasks_at_once(
    vcpus: int, verdict: Verdict, advice: str
) -> None:
    name = "Running On-Demand G and VT instances"
    quotas = stubbed("service-quotas", service_quota("L-DB2E81BA", name, vcpus))

    [finding] = check_vcpus(quotas, Config(max_gpu_tasks=4))

    assert finding.verdict is verdict
    assert f"{vcpus} vCPUs; 4 tasks at once with 4 each need 16" in finding.detail
    assert advice in finding.advice
    if verdict is FAILED:
        assert "/servicequotas/home/services/ec2/quotas/L-DB2E81BA" in finding.advice
        assert "--quota-code L-DB2E81BA --desired-value 16" in finding.advice


def test_a_quota_without_a_value_of_its_own_uses_the_default() -> None:
    _, default = service_quota("L-3819A6DF", "All G and VT Spot Instance Requests", 0)
    missing = {"Error": "NoSuchResourceException"}
    quotas = stubbed(
        "service-quotas",
        ("get_service_quota", missing),
        ("get_aws_default_service_quota", default),
    )

    [finding] = check_vcpus(quotas, Config(spot=True))

    assert finding.verdict is FAILED
    assert finding.what == "quota All G and VT Spot Instance Requests"


@pytest.mark.parametrize(("vcpus", "verdict"), [(4000, OK), (6, FAILED)])
def test_fargate_has_a_quota_of_its_own(vcpus: int, verdict: Verdict) -> None:
    name = "Fargate On-Demand vCPU resource count"
    quotas = stubbed("service-quotas", service_quota("L-3032A538", name, vcpus))

    [finding] = check_vcpus(quotas, Config(compute="cpu", max_gpu_tasks=4))

    assert finding.verdict is verdict
    assert finding.what == f"quota {name}"


@pytest.mark.parametrize(("limit", "verdict"), [(1_000, OK), (10, WARNING)])
def test_a_small_concurrency_is_a_warning(limit: int, verdict: Verdict) -> None:
    [finding] = check_concurrency(stubbed("lambda", account_settings(limit)))

    assert finding.verdict is verdict
    assert finding.detail.startswith(f"{limit} at once")
    if verdict is WARNING:
        assert "quota-code L-B99A9384" in finding.advice


@pytest.mark.usefixtures("aws")
def test_gpu_hosts_are_offered_in_the_zones_of_the_stack() -> None:
    [finding] = check_offerings(our_session().client("ec2"), GPU_TYPES, 2)

    assert finding.verdict is OK
    assert finding.detail == "us-east-1a: g5.xlarge, g6.xlarge; us-east-1b: g5.xlarge, g6.xlarge"


def offered(*zones: str) -> Any:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypeOfferings.html"""
    offerings = [
        {"InstanceType": "g6.xlarge", "LocationType": "availability-zone", "Location": zone}
        for zone in zones
    ]
    subnets = [{"AvailabilityZone": f"eu-x-1{dlq_message}"} for dlq_message in "cab"]
    return stubbed(
        "ec2",
        ("describe_instance_type_offerings", {"InstanceTypeOfferings": offerings}),
        ("describe_subnets", {"Subnets": subnets}),
    )


@pytest.mark.parametrize(
    ("zones", "verdict", "says"),
    [
        (("eu-x-1b", "eu-x-1c"), WARNING, "eu-x-1a offers none of g6.xlarge"),
        (("eu-x-1c",), FAILED, "only in eu-x-1c; the stack uses eu-x-1a, eu-x-1b"),
        ((), FAILED, "offers none of g6.xlarge"),
    ],
)
def test_zones_without_gpu_hosts_are_named(
    zones: tuple[str, ...], verdict: Verdict, says: str
) -> None:
    [finding] = check_offerings(offered(*zones), ("g6.xlarge",), 2)

    assert (finding.verdict, says in finding.detail) == (verdict, True), finding


def endpoint_services(zones: dict[str, list[str]]) -> Any:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpointServices.html"""
    details = [
        {
            "ServiceName": f"com.amazonaws.us-east-1.{service}",
            "ServiceType": [{"ServiceType": "Interface"}],
            "AvailabilityZones": names,
        }
        for service, names in zones.items()
    ]
    subnets = [{"AvailabilityZone": f"us-east-1{zone}"} for zone in "cab"]
    return stubbed(
        "ec2",
        ("describe_subnets", {"Subnets": subnets}),
        ("describe_vpc_endpoint_services", {"ServiceDetails": details}),
    )


@pytest.mark.parametrize(
    ("zones", "verdict", "says"),
    [
        (["us-east-1a", "us-east-1b"], OK, "2 services in us-east-1a, us-east-1b"),
        (["us-east-1a"], FAILED, "AWS has no endpoint for ecs-agent in us-east-1b"),
        ([], FAILED, "ecs-agent in us-east-1a, ecs-agent in us-east-1b"),
    ],
)
def test_a_private_network_needs_its_endpoints_in_every_zone(
    zones: list[str], verdict: Verdict, says: str
) -> None:
    everywhere = ["us-east-1a", "us-east-1b", "us-east-1c"]
    ec2 = endpoint_services({"logs": everywhere, "ecs-agent": zones})

    [finding] = check_endpoints(ec2, ["ecs-agent", "logs"], 2)

    assert (finding.verdict, says in finding.detail) == (verdict, True)


def test_a_private_network_says_that_vendors_are_out_of_reach() -> None:
    ec2, quotas = stubbed("ec2"), stubbed("service-quotas")

    [finding] = check_internet(ec2, quotas, Config(network="private"))

    assert finding.verdict is Verdict.NOTE
    assert "leave their keys empty" in finding.detail


@pytest.mark.parametrize(("limit", "verdict"), [(5, OK), (2, WARNING)])
def test_a_nat_gateway_needs_a_free_address(limit: int, verdict: Verdict) -> None:
    addresses = [{"PublicIp": f"198.51.100.{number}"} for number in range(2)]
    ec2 = stubbed("ec2", ("describe_addresses", {"Addresses": addresses}))
    quotas = stubbed("service-quotas", service_quota("L-0263D0A3", "EC2-VPC Elastic IPs", limit))

    [finding] = check_internet(ec2, quotas, Config(network="private-with-nat"))

    assert finding.verdict is verdict


BOUNDARY = "arn:aws:iam::123456789012:policy/Boundary"


def boundary(**decisions: str) -> Any:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html"""
    results = [
        {"EvalActionName": name.replace("_", ":"), "EvalDecision": decision}
        for name, decision in decisions.items()
    ]
    document = '{"Version": "2012-10-17", "Statement": []}'
    return stubbed(
        "iam",
        ("get_policy", {"Policy": {"Arn": BOUNDARY, "DefaultVersionId": "v3"}}),
        ("get_policy_version", {"PolicyVersion": {"Document": document, "VersionId": "v3"}}),
        ("simulate_custom_policy", {"EvaluationResults": results}),
    )


@pytest.mark.parametrize(
    ("decision", "verdict", "says"),
    [
        ("allowed", OK, "all 2 actions"),
        ("implicitDeny", WARNING, "ecs:RunTask"),
        ("explicitDeny", WARNING, "ecs:RunTask"),
    ],
)
def test_what_a_boundary_does_not_allow_is_named(
    decision: str, verdict: Verdict, says: str
) -> None:
    iam = boundary(s3_GetObject="allowed", ecs_RunTask=decision)

    [finding] = check_boundary(iam, BOUNDARY, ["ecs:RunTask", "s3:GetObject"])

    assert (finding.verdict, says in finding.detail) == (verdict, True)
    assert "s3:GetObject" not in finding.detail


@pytest.mark.usefixtures("aws")
def test_a_boundary_has_to_exist() -> None:
    [finding] = check_boundary(our_session().client("iam"), BOUNDARY, ["s3:GetObject"])

    assert (finding.verdict, finding.detail) == (FAILED, f"{BOUNDARY} does not exist")
