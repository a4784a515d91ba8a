"""Patch IAM: set the condition key `dynamodb:Attributes` for writes to DynamoDB.

MiniStack sets it only for reads. In the strictest reading of AWS's documentation, it contains the
key attributes, those that are set or removed, and those in the condition:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from __future__ import annotations

import json
import re
from typing import Any

from cdk_app.local.ministack import require

EXPRESSIONS = ("UpdateExpression", "ConditionExpression")
BY_NAME = ("Key", "Item", "AttributeUpdates", "Expected")
TOP_LEVEL_NAME = re.compile(r"(?<![.:\w#])#?[A-Za-z_]\w*")
"""The first part of a path such as `#job.#state`. Keywords match too, but are not names of our
attributes."""


def install() -> None:
    from ministack.core import iam_actions

    require(hasattr(iam_actions, "dynamodb_service_context"), "DynamoDB's condition keys")
    context_of_read = iam_actions.dynamodb_service_context

    def with_writes(body: bytes) -> dict[str, Any]:
        context = dict(context_of_read(body))
        if written := written_attributes(json.loads(body or b"{}")):
            context["dynamodb:Attributes"] = [*context.get("dynamodb:Attributes", ()), *written]
        return context

    iam_actions.dynamodb_service_context = with_writes


def written_attributes(request: dict[str, Any]) -> list[str]:
    """Return the top-level attributes that a PutItem, UpdateItem or DeleteItem names."""
    names = request.get("ExpressionAttributeNames", {})
    texts = (request.get(expression, "") for expression in EXPRESSIONS)
    found = {token for text in texts for token in TOP_LEVEL_NAME.findall(text)}
    by_name = {name for member in BY_NAME for name in request.get(member, {})}
    return sorted({names.get(token, token) for token in found} | by_name)
