"""Patch CloudFormation: resource types without effect on one machine, `Ref` of a secret, and the
addresses of the API, of its sign-in pages and of the dashboard.

On AWS, `Ref` returns a secret's ARN, which policies name; MiniStack returns its name. The API, the
sign-in pages and the dashboard have hosts of their own on AWS; here the local stack serves all of
them (see `public_paths` and `dashboard_files`).
"""

from __future__ import annotations

import re
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
    "AWS::Logs::QueryDefinition",
)

API_TYPE = "AWS::ApiGatewayV2::Api"
PAGES = re.compile(
    r"https://([\w-]+\.auth\.[\w-]+\.amazoncognito\.com|\w+\.cloudfront\.net)(?=/|$)"
)

Created = tuple[str, dict[str, str]]
"""The physical id and the attributes of a resource."""


def install(*, endpoint: str) -> None:
    from ministack.services.cloudformation import engine, provisioners, stacks

    for module in (engine, stacks):
        require(hasattr(module, "_resolve_refs"), "CloudFormation's functions")
        module._resolve_refs = _with_pages_at(endpoint, module._resolve_refs)  # noqa: SLF001
    require(hasattr(provisioners, "_RESOURCE_HANDLERS"), "CloudFormation's resource handlers")
    handlers: dict[str, Any] = provisioners._RESOURCE_HANDLERS  # noqa: SLF001
    for resource_type in TYPES_WITHOUT_EFFECT:
        handlers.setdefault(resource_type, _no_op(resource_type))
    require(SECRET_TYPE in handlers, "CloudFormation's secrets")
    secret = handlers[SECRET_TYPE]
    handlers[SECRET_TYPE] = secret | {"create": _named_by_arn(secret["create"])}
    require(API_TYPE in handlers, "CloudFormation's HTTP APIs")
    api = handlers[API_TYPE]
    handlers[API_TYPE] = api | {"create": _at(endpoint, api["create"])}


def _named_by_arn(create: Callable[..., Created]) -> Callable[..., Created]:
    def create_secret(*arguments: Any, **more: Any) -> Created:  # passed through
        _, attributes = create(*arguments, **more)
        return attributes["Arn"], attributes

    return create_secret


def _at(endpoint: str, create: Callable[..., Created]) -> Callable[..., Created]:
    def create_api(*arguments: Any, **more: Any) -> Created:  # passed through
        api_id, attributes = create(*arguments, **more)
        return api_id, attributes | {"ApiEndpoint": endpoint}

    return create_api


def _with_pages_at(endpoint: str, resolve: Callable[..., Any]) -> Callable[..., Any]:
    def resolve_locally(*arguments: Any, **more: Any) -> Any:  # passed through
        value = resolve(*arguments, **more)
        pages = PAGES.match(value) if isinstance(value, str) else None
        return endpoint + value[pages.end() :] if pages else value

    return resolve_locally


def _no_op(resource_type: str) -> dict[str, Any]:
    def create(logical_id: str, properties: dict[str, Any], stack: str) -> Created:
        name = properties.get("Name") or f"{stack}-{logical_id}-{uuid.uuid4().hex[:8]}"
        return name, {"Arn": f"arn:aws:local:::{resource_type}/{logical_id}"}

    return {
        "create": create,
        "delete": lambda *_: None,
        "update": lambda physical_id, *_, **__: (physical_id, {}),
    }
