"""CloudFormation: types that mean nothing on one machine, and `Ref` of a secret.

On AWS `Ref` gives a secret's ARN, which policies name; MiniStack gives its name.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from cdk_app.local.ministack import require

SECRET_TYPE = "AWS::SecretsManager::Secret"  # noqa: S105  # a type, no secret
WITHOUT_LOCAL_MEANING = (
    "AWS::EC2::FlowLog",
    "AWS::ECS::CapacityProvider",
    "AWS::ECS::ClusterCapacityProviderAssociations",
)

Created = tuple[str, dict[str, str]]
"""Physical id and attributes."""


def install() -> None:
    from ministack.services.cloudformation import provisioners

    require(hasattr(provisioners, "_RESOURCE_HANDLERS"), "CloudFormation's resource handlers")
    handlers: dict[str, Any] = provisioners._RESOURCE_HANDLERS  # noqa: SLF001
    for resource_type in WITHOUT_LOCAL_MEANING:
        handlers.setdefault(resource_type, _nothing(resource_type))
    require(SECRET_TYPE in handlers, "CloudFormation's secrets")
    secret = handlers[SECRET_TYPE]
    handlers[SECRET_TYPE] = secret | {"create": _named_by_arn(secret["create"])}


def _named_by_arn(create: Callable[..., Created]) -> Callable[..., Created]:
    def create_secret(*arguments: Any, **more: Any) -> Created:  # passed through
        _, attributes = create(*arguments, **more)
        return attributes["Arn"], attributes

    return create_secret


def _nothing(resource_type: str) -> dict[str, Any]:
    def create(logical_id: str, properties: dict[str, Any], stack: str) -> Created:
        name = properties.get("Name") or f"{stack}-{logical_id}-{uuid.uuid4().hex[:8]}"
        return name, {"Arn": f"arn:aws:local:::{resource_type}/{logical_id}"}

    return {
        "create": create,
        "delete": lambda *_: None,
        "update": lambda physical_id, *_, **__: (physical_id, {}),
    }
