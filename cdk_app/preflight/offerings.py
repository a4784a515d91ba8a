"""Check that the availability zones of the stack offer the GPU instance types.

The stack uses the first zones of `Fn::GetAZs`. It returns the zones in alphabetical order (which
AWS does not guarantee), and only those with a default subnet if there are any:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-getavailabilityzones.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lifestream.client.doctor.findings import Finding, failed, ok, warning

EC2Client = Any  # the stubs are by far the largest, and only two calls need them
WHAT = "GPU hosts"
ELSEWHERE = "Deploy in another region, with other -c gpu_instance_types, or with COMPUTE=cpu"


def check_offerings(ec2: EC2Client, types: Sequence[str], zones: int) -> Iterator[Finding]:
    offered = offerings(ec2, types)
    ours = stack_zones(ec2)[:zones]
    with_hosts = [zone for zone in ours if zone in offered]
    names, region = ", ".join(types), ec2.meta.region_name
    if not offered:
        yield failed(WHAT, f"{region} offers none of {names}", ELSEWHERE)
    elif not with_hosts:
        detail = f"{names} only in {', '.join(sorted(offered))}; the stack uses {', '.join(ours)}"
        yield failed(WHAT, detail, ELSEWHERE)
    elif len(with_hosts) < len(ours):
        lacking = ", ".join(zone for zone in ours if zone not in offered)
        detail = f"{lacking} offers none of {names}: a free host is less likely"
        yield warning(WHAT, detail, ELSEWHERE)
    else:
        yield ok(WHAT, "; ".join(f"{zone}: {', '.join(offered[zone])}" for zone in ours))


def offerings(ec2: EC2Client, types: Sequence[str]) -> dict[str, list[str]]:
    """Return which of the instance types each availability zone offers."""
    found: dict[str, list[str]] = {}
    pages = ec2.get_paginator("describe_instance_type_offerings").paginate(
        LocationType="availability-zone",
        Filters=[{"Name": "instance-type", "Values": list(types)}],
    )
    for page in pages:
        for offering in page["InstanceTypeOfferings"]:
            found.setdefault(offering["Location"], []).append(offering["InstanceType"])
    return {zone: sorted(names) for zone, names in found.items()}


def stack_zones(ec2: EC2Client) -> list[str]:
    """Return the zones of `Fn::GetAZs` in alphabetical order."""
    default = [{"Name": "default-for-az", "Values": ["true"]}]
    subnets = ec2.describe_subnets(Filters=default)["Subnets"]
    if subnets:
        return sorted({subnet["AvailabilityZone"] for subnet in subnets})
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    return sorted(z["ZoneName"] for z in zones if z.get("ZoneType") == "availability-zone")
