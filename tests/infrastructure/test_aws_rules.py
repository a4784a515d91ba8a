"""Rules that AWS documents, but that no validator checks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_documents import document
from infrastructure.templates import resources, synthesized

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

STOP_CODES = {rule["name"]: rule for rule in document("ecs_stop_codes")["rules"]}
MAX_ROLE_NAME = 64


def test_ecs_may_pass_the_instance_role_to_its_hosts() -> None:
    """The managed policy allows iam:PassRole only for names with this prefix."""
    rule = STOP_CODES["name of the instance role"]
    template = synthesized(compute="gpu")
    [profile] = resources(template, "AWS::IAM::InstanceProfile")
    names = {text_of(role_name(template, role)) for role in profile["Roles"]}

    assert rule["policy"] in json.dumps(resources(template, "AWS::IAM::Role"))
    assert all(name.startswith(rule["prefix"]) for name in names)
    assert all(len(name) <= MAX_ROLE_NAME for name in names)


def role_name(template: Template, reference: dict[str, Any]) -> Any:  # text, or an expression
    role = template.find_resources("AWS::IAM::Role")[reference["Ref"]]
    return role["Properties"]["RoleName"]


def text_of(name: Any) -> str:
    """Return the text, with the longest region name in place of an unknown region."""
    if isinstance(name, str):
        return name
    parts = name["Fn::Join"][1]
    return "".join(part if isinstance(part, str) else "ap-southeast-1" for part in parts)
