"""Check that the service-linked roles exist, and create them with `--fix`.

AWS creates them when a service is first used, which is too late for the first stack of an
account: its cluster fails with "Unable to assume the service linked role".
https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/818
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from lifestream.client.doctor.findings import Finding, failed, fixed, ok

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

    from cdk_app.config import Config


class ServiceLinkedRole(NamedTuple):
    name: str
    service: str


# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles.html
ECS = ServiceLinkedRole("AWSServiceRoleForECS", "ecs.amazonaws.com")
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles-instances.html
ECS_COMPUTE = ServiceLinkedRole("AWSServiceRoleForECSCompute", "ecs-compute.amazonaws.com")
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/service-linked-roles-spot-instance-requests.html
EC2_SPOT = ServiceLinkedRole("AWSServiceRoleForEC2Spot", "spot.amazonaws.com")


def check_service_linked_roles(iam: IAMClient, config: Config, *, fix: bool) -> Iterator[Finding]:
    for role in needed(config):
        what = f"role {role.name}"
        if exists(iam, role):
            yield ok(what, "exists")
        elif fix:
            iam.create_service_linked_role(AWSServiceName=role.service)
            yield fixed(what, "was missing and has been created")
        else:
            command = f"aws iam create-service-linked-role --aws-service-name {role.service}"
            yield failed(what, "is missing", f"Run: make preflight FIX=yes, or {command}")


def needed(config: Config) -> list[ServiceLinkedRole]:
    """Return the roles that the deployment needs. Fargate needs only that of ECS."""
    if config.compute == "cpu":
        return [ECS]
    return [ECS, ECS_COMPUTE, EC2_SPOT] if config.spot else [ECS, ECS_COMPUTE]


def exists(iam: IAMClient, role: ServiceLinkedRole) -> bool:
    """Find the role by its path, which contains the service's name."""
    return bool(iam.list_roles(PathPrefix=f"/aws-service-role/{role.service}/")["Roles"])
