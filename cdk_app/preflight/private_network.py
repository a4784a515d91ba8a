"""Check what `-c network=private` needs: endpoints in every zone, and an address for the NAT
gateway."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cdk_app.preflight.offerings import EC2Client, stack_zones
from cdk_app.preflight.quotas import Quota, how_to_request, value_of
from lifestream.client.doctor.findings import Finding, failed, note, ok, warning

if TYPE_CHECKING:
    from mypy_boto3_service_quotas import ServiceQuotasClient

    from cdk_app.config import Config

ADDRESSES = Quota("ec2", "L-0263D0A3", "EC2-VPC Elastic IPs")
PUBLIC = "Deploy with -c network=public, or in another region"


def check_endpoints(ec2: EC2Client, services: Sequence[str], zones: int) -> Iterator[Finding]:
    """Require each service of an interface endpoint in each zone of the stack."""
    name, ours = "endpoints", stack_zones(ec2)[:zones]
    offered = _zones_of(ec2, services)
    lacking = [
        f"{service} in {zone}"
        for service in services
        for zone in ours
        if zone not in offered.get(service, ())
    ]
    if lacking:
        yield failed(name, f"AWS has no endpoint for {', '.join(lacking)}", PUBLIC)
    else:
        yield ok(name, f"{len(services)} services in {', '.join(ours)}")


def _zones_of(ec2: EC2Client, services: Sequence[str]) -> dict[str, list[str]]:
    prefix = f"com.amazonaws.{ec2.meta.region_name}."
    wanted = [{"Name": "service-name", "Values": [f"{prefix}{service}" for service in services]}]
    details = ec2.describe_vpc_endpoint_services(Filters=wanted)["ServiceDetails"]
    return {d["ServiceName"].removeprefix(prefix): d["AvailabilityZones"] for d in details}


def check_internet(
    ec2: EC2Client, quotas: ServiceQuotasClient, config: Config
) -> Iterator[Finding]:
    """Say whether vendors can be reached. An address may be that of an earlier deployment."""
    if config.network == "private":
        detail = "OpenAI and Pinecone cannot be reached; leave their keys empty"
        yield note("internet", f"{detail}, or deploy with -c network=private-with-nat")
        return
    used = len(ec2.describe_addresses()["Addresses"])
    limit = value_of(quotas, ADDRESSES)
    if used < limit:
        yield ok("internet", f"{used} of {limit:g} elastic IP addresses are used")
    else:
        request = how_to_request(ADDRESSES, used + 1, ec2.meta.region_name)
        detail = f"all {limit:g} elastic IP addresses are used, and a NAT gateway needs one"
        yield warning("internet", detail, f"Release one, or request more: {request}")
