"""Check the account's quotas against what the deployment may use at once.

A new account often has a quota of no GPU vCPUs and ten concurrent Lambda executions:
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-spot-limits.html
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from lifestream.client.doctor.findings import Finding, failed, ok, warning

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_service_quotas import ServiceQuotasClient

    from cdk_app.config import Config


class Quota(NamedTuple):
    """A quota, as `aws service-quotas list-service-quotas --service-code …` lists it."""

    service: str
    code: str
    name: str


GPU_ON_DEMAND = Quota("ec2", "L-DB2E81BA", "Running On-Demand G and VT instances")
GPU_SPOT = Quota("ec2", "L-3819A6DF", "All G and VT Spot Instance Requests")
FARGATE = Quota("fargate", "L-3032A538", "Fargate On-Demand vCPU resource count")
FARGATE_SPOT = Quota("fargate", "L-36FBB829", "Fargate Spot vCPU resource count")
CONCURRENCY = Quota("lambda", "L-B99A9384", "Concurrent executions")
VCPUS_PER_TASK = 4
"""Every GPU type that a deployment may use has this many, and so does the task on Fargate."""
SMALL_CONCURRENCY = 50
WANTED_CONCURRENCY = 1_000


def check_vcpus(quotas: ServiceQuotasClient, config: Config) -> Iterator[Finding]:
    """Check that all tasks fit the quota. Each task runs on its own GPU host, or on Fargate."""
    if config.compute == "cpu":
        quota = FARGATE_SPOT if config.spot else FARGATE
    else:
        quota = GPU_SPOT if config.spot else GPU_ON_DEMAND
    yield compared(quota, value_of(quotas, quota), config, quotas.meta.region_name)


def compared(quota: Quota, value: float, config: Config, region: str) -> Finding:
    name, tasks = f"quota {quota.name}", config.max_gpu_tasks
    wanted, fitting = tasks * VCPUS_PER_TASK, int(value // VCPUS_PER_TASK)
    detail = f"{value:g} vCPUs; {tasks} tasks at once with {VCPUS_PER_TASK} each need {wanted}"
    if fitting >= tasks:
        return ok(name, detail)
    request = f"Request {wanted}: {how_to_request(quota, wanted, region)}"
    return failed(name, detail, f"{request}. {_until_then(fitting, config)}")


def _until_then(fitting: int, config: Config) -> str:
    if fitting:
        return f"Until then deploy with SWITCHES='-c max_gpu_tasks={fitting}'"
    return (
        "Until then deploy with COMPUTE=cpu"
        if config.compute == "gpu"
        else "Until then no job can run"
    )


def how_to_request(quota: Quota, wanted: int, region: str) -> str:
    console = f"https://{region}.console.aws.amazon.com/servicequotas/home/services"
    return (
        f"{console}/{quota.service}/quotas/{quota.code}, or aws service-quotas "
        f"request-service-quota-increase --region {region} --service-code {quota.service} "
        f"--quota-code {quota.code} --desired-value {wanted}"
    )


def value_of(quotas: ServiceQuotasClient, quota: Quota) -> float:
    """Return the account's quota, or AWS's default if the account has no value of its own."""
    try:
        answer = quotas.get_service_quota(ServiceCode=quota.service, QuotaCode=quota.code)
        return answer["Quota"]["Value"]
    except quotas.exceptions.NoSuchResourceException:
        default = quotas.get_aws_default_service_quota(
            ServiceCode=quota.service, QuotaCode=quota.code
        )
        return default["Quota"]["Value"]


def check_concurrency(functions: LambdaClient) -> Iterator[Finding]:
    name = "Lambda concurrency"
    limit = functions.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    if limit >= SMALL_CONCURRENCY:
        yield ok(name, f"{limit} at once")
        return
    request = how_to_request(CONCURRENCY, WANTED_CONCURRENCY, functions.meta.region_name)
    detail = f"{limit} at once: in a burst, steps are throttled and wait for each other"
    yield warning(name, detail, f"Jobs take longer, but none is lost. Request more: {request}")
