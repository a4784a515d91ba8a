"""Describe the API as OpenAPI 3.1, from its routes and models."""

from __future__ import annotations

import json
import re
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from lifestream import __version__
from lifestream.api.problems import MEDIA_TYPE
from lifestream.rest.problems import Problem

DESCRIPTION = (
    "Recordings become transcripts that say who spoke, summaries with quotes, subtitles, and a "
    "library that can be searched. Every error is a problem document (RFC 9457); `error` is its "
    "name and `advice` says what to do."
)
REFERENCES = "#/components/schemas/{model}"
GATEWAY_MESSAGE = {"type": "object", "properties": {"message": {"type": "string"}}}
"""What API Gateway answers itself, before a request reaches the function."""
OF_GATEWAY = {"401": "No valid access token", "404": "Not found", "429": "Too many requests"}
OF_POWERTOOLS = ("HTTPValidationError", "ResponseValidationError", "ValidationError")
"""Its own description of an invalid request, which is a problem document here."""


def document(app: APIGatewayHttpResolver, *, without_token: str) -> dict[str, Any]:
    """Return the description. `without_token`: the only path that needs no access token."""
    from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer  # takes 60 ms

    text = app.get_openapi_json_schema(
        title="LifeStream",
        version=__version__,
        description=DESCRIPTION,
        security_schemes={"token": HTTPBearer(bearerFormat="JWT", description="An access token.")},
        security=[{"token": []}],
    )
    described: dict[str, Any] = json.loads(text)
    schemas = described["components"]["schemas"]
    for name in OF_POWERTOOLS:
        schemas.pop(name, None)
    problem = Problem.model_json_schema(ref_template=REFERENCES, mode="serialization")
    schemas |= problem.pop("$defs") | {"Problem": problem}
    described["paths"] = dict(sorted(described["paths"].items()))
    for operations in described["paths"].values():
        for operation in operations.values():
            _describe_errors(operation)
    open_to_all = described["paths"][without_token]["get"]
    open_to_all["security"] = []
    del open_to_all["responses"]["401"]
    return described


def methods_of(described: dict[str, Any], path: str) -> list[str]:
    """Return the methods that the description has for a path; none if it has no such path."""
    return [
        method.upper()
        for template, operations in described["paths"].items()
        if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)), path)
        for method in operations
    ]


def _describe_errors(operation: dict[str, Any]) -> None:
    operation["operationId"] = operation["operationId"].partition("_v1_")[0]
    operation["responses"].pop("422", None)
    problem = {MEDIA_TYPE: {"schema": {"$ref": REFERENCES.format(model="Problem")}}}
    of_gateway = {"application/json": {"schema": GATEWAY_MESSAGE}}
    for status, what in OF_GATEWAY.items():
        either = {"description": what, "content": problem | of_gateway}
        operation["responses"][status] = either
    operation["responses"]["default"] = {"description": "An error", "content": problem}
