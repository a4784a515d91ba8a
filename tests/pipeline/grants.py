"""Compare the permissions in the template with IAM's decisions in the deployed stack."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

Statement = dict[str, Any]


@dataclass(frozen=True, order=True)
class Grant:
    """A grant, with the template's names of principal and resource and with `*` as a wildcard."""

    principal: str
    action: str
    resource: str
    role: str = field(compare=False)
    arn: str = field(compare=False)

    def __str__(self) -> str:
        return f"{self.principal}: {self.action} on {self.resource}"

    def covers(self, decision: Decision) -> bool:
        return (
            decision.principal == self.role
            and fnmatchcase(decision.action.lower(), self.action.lower())
            and fnmatchcase(decision.resource, self.arn)
        )


@dataclass(frozen=True)
class Decision:
    """A decision, as a line of the local stack's log (cdk_app.local.ministack.permissions)."""

    principal: str
    action: str
    resource: str
    allowed: bool


class DecisionLog:
    """The log of decisions. `deployment`: those before the first run."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.deployment = self.read()

    def read(self) -> list[Decision]:
        return [Decision(**json.loads(line)) for line in self._path.read_text().splitlines()]


def granted(template: dict[str, Any], session: Any) -> list[Grant]:
    """Return the grants of all roles and functions. A managed policy counts as one grant."""
    physical = physical_ids(session)
    return sorted(
        grant
        for logical_id, resource in template["Resources"].items()
        for grant in _grants_of(logical_id, resource, physical, session.client("iam"))
    )


def physical_ids(session: Any) -> dict[str, str]:
    """Return logical id → physical id."""
    stack = session.client("cloudformation").describe_stack_resources(StackName="LifeStream-dev")
    return {
        entry["LogicalResourceId"]: entry["PhysicalResourceId"] for entry in stack["StackResources"]
    }


def physical_id(session: Any, name: str) -> str:
    """Return the id of the one resource whose logical id, without CDK's hash, ends in the name."""
    [found] = [
        physical
        for logical_id, physical in physical_ids(session).items()
        if named(logical_id).endswith(name)
    ]
    return found


def role_of(session: Any, function: str) -> str:
    name = physical_id(session, function)
    described = session.client("lambda").get_function(FunctionName=name)
    return str(described["Configuration"]["Role"])


def _grants_of(
    logical_id: str, resource: dict[str, Any], physical: dict[str, str], iam: Any
) -> Iterator[Grant]:
    properties = resource.get("Properties", {})
    match resource["Type"]:
        case "AWS::IAM::Role":
            yield from _of_role(logical_id, properties, physical[logical_id], iam)
        case "AWS::IAM::Policy":
            for role in properties["Roles"]:
                yield from _of_policy(role["Ref"], properties, physical[role["Ref"]], iam)
        case "AWS::Lambda::Permission":
            function = properties["FunctionName"]["Fn::GetAtt"][0]
            principal = properties["Principal"]
            yield Grant(
                principal, properties["Action"], named(function), principal,
                f"*:function:{physical[function]}",
            )  # fmt: skip
        case "AWS::SQS::QueuePolicy":
            yield from _of_queue(properties, physical)


def _of_queue(properties: dict[str, Any], physical: dict[str, str]) -> Iterator[Grant]:
    """Yield the grants of a queue's policy to services. Denials apply to all and are left out."""
    for statement in properties["PolicyDocument"]["Statement"]:
        if statement["Effect"] == "Allow":
            queue, service = (
                statement["Resource"]["Fn::GetAtt"][0],
                statement["Principal"]["Service"],
            )
            arn = f"*:{physical[queue].rpartition('/')[2]}"
            yield Grant(service, statement["Action"], named(queue), service, arn)


def _of_role(logical_id: str, properties: dict[str, Any], role: str, iam: Any) -> Iterator[Grant]:
    for policy in properties.get("ManagedPolicyArns", ()):
        name = readable(policy).rpartition("/")[2]
        yield Grant(principal_of(logical_id), "managed-policy", name, role, name)
    for policy in properties.get("Policies", ()):
        yield from _of_policy(logical_id, policy, role, iam)


def _of_policy(logical_id: str, policy: dict[str, Any], role: str, iam: Any) -> Iterator[Grant]:
    """Yield the grants of a policy, with names from the template and ARNs from the deployment."""
    deployed = iam.get_role_policy(RoleName=role, PolicyName=policy["PolicyName"])["PolicyDocument"]
    pairs = zip(policy["PolicyDocument"]["Statement"], deployed["Statement"], strict=True)
    for written, resolved in pairs:
        if written["Effect"] == "Deny":
            continue
        on = zip(_listed(written["Resource"]), _listed(resolved["Resource"]), strict=True)
        for resource, arn in on:
            for action in _listed(written["Action"]):
                yield Grant(principal_of(logical_id), action, readable(resource), role, arn)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def principal_of(logical_id: str) -> str:
    """Return InspectVideo for `InspectVideoFunctionServiceRole7459BD19`."""
    return named(logical_id).removesuffix("Role").removesuffix("FunctionService")


def readable(token: Any) -> str:
    """Shorten an ARN of the template: `UploadsBucket/jobs/*`, `event-bus/default`."""
    return re.sub(r"^arn:[^:]*:\w*:[^:]*:[^:]*:", "", _flat(token).replace("AWS::", ""))


def _flat(token: Any) -> str:
    match token:
        case str():
            return token
        case {"Ref": logical_id} | {"Fn::GetAtt": [logical_id, _]}:
            return named(logical_id)
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(_flat(part) for part in parts)
        case {"Fn::Select": [_, {"Fn::Split": [_, inner]}]} | {"Fn::Sub": inner}:
            return _flat(inner)
    raise ValueError(f"no name for {token}")


def named(logical_id: str) -> str:
    """Return the logical id without CDK's hash."""
    return re.sub(r"[0-9A-F]{8}$", "", logical_id)


def unused(grants: Iterable[Grant], decisions: Iterable[Decision]) -> list[Grant]:
    allowed = [decision for decision in set(decisions) if decision.allowed]
    return [grant for grant in grants if not any(grant.covers(each) for each in allowed)]
