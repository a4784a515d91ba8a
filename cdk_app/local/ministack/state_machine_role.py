"""Check the permissions of a state machine's role, and report a missing one as AWS does.

The error's name comes from the SDK behind the integration: AccessDeniedException if the service's
model has it (ECS), otherwise the SDK's name for any error of that service. Examples from AWS:
https://github.com/awslabs/aws-deployment-framework/issues/460 (Lambda),
https://dev.classmethod.jp/articles/step_functions_run_ecs_task_passrole_error/ (ECS).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cdk_app.local.asl.errors import StateError
from cdk_app.local.ministack.permissions import refusal

REFUSED = {
    "lambda": "Lambda.AWSLambdaException",
    "sqs": "SQS.AmazonSQSException",
    "dynamodb": "DynamoDB.AmazonDynamoDBException",
    "ecs": "ECS.AccessDeniedException",
}
# https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html
MANAGED_RULE = "StepFunctionsGetEventsForECSTaskRule"
MANAGED_RULE_ACTIONS = ("events:PutTargets", "events:PutRule", "events:DescribeRule")

Needed = Iterator[tuple[str, str]]
"""The actions that are needed, each with its resource."""


def require_permission(role: str, resource: str, arguments: dict[str, Any]) -> None:
    """Require all permissions that the integration needs for its call. Raises StateError."""
    service, _, call = resource.removeprefix("arn:aws:states:::").partition(":")
    for action, target in NEEDED[f"{service}:{call}"](arguments):
        require_allowed(role, service, action, target)


def require_allowed(role: str, service: str, action: str, resource: str) -> None:
    """Require one permission. Raises StateError with the error name of the integration."""
    if cause := refusal(role, action, resource):
        raise StateError(REFUSED[service], f"{cause} (Error Code: AccessDeniedException)")


def managed_rule_problem(role: str, definition: str) -> str | None:
    """Return AWS's error message if the role may not create the managed rule, otherwise None.

    A state machine that waits for ECS tasks needs the rule, which notifies Step Functions of
    their end; without the permission, AWS does not create the state machine:
    https://github.com/nasa/cumulus/pull/2693
    """
    from ministack.core.responses import get_account_id, get_region

    if "ecs:runTask.sync" not in definition:
        return None
    rule = f"arn:aws:events:{get_region()}:{get_account_id()}:rule/{MANAGED_RULE}"
    refusals = [refusal(role, action, rule) for action in MANAGED_RULE_ACTIONS]
    return f"'{role}' is not authorized to create managed-rule." if any(refusals) else None


def _invoke(arguments: dict[str, Any]) -> Needed:
    yield "lambda:InvokeFunction", arguments["FunctionName"]


def _send_message(arguments: dict[str, Any]) -> Needed:
    from ministack.services import sqs

    queue = sqs._get_q(arguments["QueueUrl"], None)  # noqa: SLF001
    yield "sqs:SendMessage", queue["attributes"]["QueueArn"]


def _item(action: str, arguments: dict[str, Any]) -> Needed:
    from ministack.core.responses import get_account_id, get_region

    table = f"arn:aws:dynamodb:{get_region()}:{get_account_id()}:table/{arguments['TableName']}"
    yield f"dynamodb:{action}", table


def _run_task(arguments: dict[str, Any]) -> Needed:
    """ECS determines the revision of the task definition before it checks permissions:
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html"""
    from ministack.services import ecs

    definition = ecs._task_defs[ecs._resolve_td_key(arguments["TaskDefinition"])]  # noqa: SLF001
    yield "ecs:RunTask", definition["taskDefinitionArn"]
    for passed in ("taskRoleArn", "executionRoleArn"):
        if role := definition.get(passed):
            yield "iam:PassRole", role


NEEDED = {
    "lambda:invoke": _invoke,
    "sqs:sendMessage": _send_message,
    "dynamodb:updateItem": lambda arguments: _item("UpdateItem", arguments),
    "dynamodb:getItem": lambda arguments: _item("GetItem", arguments),
    "ecs:runTask.sync": _run_task,
}
