"""Patch CloudFormation: accept resource types that have no effect on one machine, and `Ref` of a
secret.

On AWS, `Ref` returns a secret's ARN, which policies name; MiniStack returns its name.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from cdk_app.local.ministack import require

SECRET_TYPE = "AWS::SecretsManager::Secret"  # noqa: S105  # a type, not a secret
TYPES_WITHOUT_EFFECT = (
    "AWS::EC2::FlowLog",
    "AWS::ECS::CapacityProvider",
    "AWS::ECS::ClusterCapacityProviderAssociations",
    "AWS::Cognito::ManagedLoginBranding",
)

Created = tuple[str, dict[str, str]]
"""The physical id and the attributes of a resource."""


def install() -> None:
    from ministack.services.cloudformation import provisioners

    require(hasattr(provisioners, "_RESOURCE_HANDLERS"), "CloudFormation's resource handlers")
    handlers: dict[str, Any] = provisioners._RESOURCE_HANDLERS  # noqa: SLF001
    for resource_type in TYPES_WITHOUT_EFFECT:
        handlers.setdefault(resource_type, _no_op(resource_type))
    require(SECRET_TYPE in handlers, "CloudFormation's secrets")
    secret = handlers[SECRET_TYPE]
    handlers[SECRET_TYPE] = secret | {"create": _named_by_arn(secret["create"])}


def _named_by_arn(create: Callable[..., Created]) -> Callable[..., Created]:
    def create_secret(*arguments: Any, **more: Any) -> Created:  # passed through
        _, attributes = create(*arguments, **more)
        return attributes["Arn"], attributes

    return create_secret


def _no_op(resource_type: str) -> dict[str, Any]:
    def create(logical_id: str, properties: dict[str, Any], stack: str) -> Created:
        name = properties.get("Name") or f"{stack}-{logical_id}-{uuid.uuid4().hex[:8]}"
        return name, {"Arn": f"arn:aws:local:::{resource_type}/{logical_id}"}

    return {
        "create": create,
        "delete": lambda *_: None,
        "update": lambda physical_id, *_, **__: (physical_id, {}),
    }
