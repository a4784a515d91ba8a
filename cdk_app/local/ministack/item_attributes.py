"""IAM: the attributes that a write to DynamoDB names, as the condition key `dynamodb:Attributes`.

MiniStack gives the key for reads only. The strictest reading of AWS's page counts the key, what is
set or removed, and what the condition looks at:
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
"""Of a path such as `#letter.#state`, its first part. A keyword counts as a name: it is none of
ours."""


def install() -> None:
    from ministack.core import iam_actions

    require(hasattr(iam_actions, "dynamodb_service_context"), "DynamoDB's condition keys")
    of_a_read = iam_actions.dynamodb_service_context

    def with_writes(body: bytes) -> dict[str, Any]:
        context = dict(of_a_read(body))
        if written := written_attributes(json.loads(body or b"{}")):
            context["dynamodb:Attributes"] = [*context.get("dynamodb:Attributes", ()), *written]
        return context

    iam_actions.dynamodb_service_context = with_writes


def written_attributes(request: dict[str, Any]) -> list[str]:
    """Top-level names that a PutItem, UpdateItem or DeleteItem mentions."""
    names = request.get("ExpressionAttributeNames", {})
    texts = (request.get(expression, "") for expression in EXPRESSIONS)
    found = {token for text in texts for token in TOP_LEVEL_NAME.findall(text)}
    by_name = {name for member in BY_NAME for name in request.get(member, {})}
    return sorted({names.get(token, token) for token in found} | by_name)
