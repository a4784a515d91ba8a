"""Patch IAM: check the permissions that MiniStack does not check, and log decisions.

MiniStack checks every call that arrives over HTTP, but not the calls between its own services: an
event source mapping that reads a queue, or a rule or an API that invokes a function. For a missing
object it always answers 404, whereas AWS answers 403 if the caller may not list the bucket:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
"""

from __future__ import annotations

import functools
import json
import re
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cdk_app.local.ministack import require

# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
EVENT_SOURCE_ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
EVENTS = "events.amazonaws.com"
API_GATEWAY = "apigateway.amazonaws.com"
CLUSTER_OR_TASK = re.compile(r"(?P<prefix>arn:aws:ecs:[^/]*):(cluster|task)/(?P<name>[^/]+)(/.*)?")

Enforce = Callable[..., Any]
"""MiniStack's decision about a request: None if it is allowed, otherwise the reason."""


def install(*, decisions: str | None) -> None:
    """Install the patches.

    Each decision about a role or a service is appended to the file `decisions` as one line of
    JSON: principal, action, resource, allowed. If `decisions` is None, none is logged.
    """
    from ministack.core import iam_evaluator
    from ministack.services import apigateway, eventbridge, lambda_svc, sqs

    require(hasattr(iam_evaluator, "enforce"), "IAM's decision")
    require(hasattr(sqs, "queue_policy_allows"), "SQS's decision about S3")
    require(hasattr(lambda_svc, "_run_sqs_batch"), "Lambda's batches from SQS")
    require(hasattr(eventbridge, "_invoke_target"), "EventBridge's targets")
    require(hasattr(apigateway, "_invoke_lambda_proxy"), "API Gateway's calls of functions")
    log = DecisionLog(Path(decisions)).append if decisions else _discard
    enforce = _with_cluster_key(iam_evaluator.enforce)
    iam_evaluator.enforce = _hide_missing_objects(_logged(enforce, log), listing=enforce)
    sqs.queue_policy_allows = _logged_delivery(sqs.queue_policy_allows, log)
    lambda_svc._run_sqs_batch = _checked_batch(lambda_svc._run_sqs_batch)  # noqa: SLF001
    eventbridge._invoke_target = _checked_target(eventbridge._invoke_target, log)  # noqa: SLF001
    proxy = apigateway._invoke_lambda_proxy  # noqa: SLF001
    apigateway._invoke_lambda_proxy = _checked_proxy(proxy, log)  # noqa: SLF001


class DecisionLog:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def append(self, principal: str, action: str, resource: str, allowed: bool) -> None:  # noqa: FBT001  # the fields of a line
        decision = {"principal": principal, "action": action, "resource": resource}
        with self._lock, self._path.open("a") as file:
            file.write(json.dumps(decision | {"allowed": allowed}) + "\n")


def _discard(*_: object) -> None:
    """Log nothing, outside of tests."""


def refusal(role_arn: str, action: str, resource: str) -> str | None:
    """Return AWS's error message if the role may not perform the action, otherwise None.

    The policies of the role and of the resource are evaluated.
    """
    from ministack.core import iam_actions, iam_evaluator
    from ministack.core.responses import get_region

    key = role_session(role_arn)["AWS_ACCESS_KEY_ID"]
    denied = iam_evaluator.enforce(key, action, action.partition(":")[0], get_region(), resource)
    if denied is None:
        return None
    is_explicit = denied.decision == "Deny"
    return str(
        iam_actions.identity_denial_message(action, denied.principal_arn, resource, is_explicit)
    )


@functools.cache
def role_session(role_arn: str, session_name: str = "local") -> dict[str, str]:
    """Return environment variables with credentials of the role, as Lambda and ECS set them."""
    from ministack.services import sts

    account, role = role_arn.split(":")[4], role_arn.rpartition("/")[2]
    key = f"ASIA{uuid.uuid4().hex[:16].upper()}"
    session = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session_name}",
        "UserId": f"{role}:{session_name}",
        "SecretAccessKey": uuid.uuid4().hex,
        "SessionToken": uuid.uuid4().hex,
    }
    sts.register_session(key, session)
    return {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
        "AWS_SESSION_TOKEN": session["SessionToken"],
    }


def _logged(enforce: Enforce, log: Callable[..., None]) -> Enforce:
    def enforce_logged(  # MiniStack's signature
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Any:  # MiniStack's result
        denied = enforce(access_key_id, iam_action, service, region, resource_arn, service_context)
        if role := _role_of(access_key_id):
            log(role, iam_action, resource_arn, denied is None)
        return denied

    return enforce_logged


def _logged_delivery(allows: Callable[..., bool], log: Callable[..., None]) -> Callable[..., bool]:
    def allows_logged(queue_arn: str, service: str, *source: str) -> bool:
        allowed = allows(queue_arn, service, *source)
        log(service, "sqs:SendMessage", queue_arn, allowed)
        return allowed

    return allows_logged


def _with_cluster_key(enforce: Enforce) -> Enforce:
    """Set the condition key `ecs:cluster`:
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html"""

    def enforce_with_key(
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str,
        service_context: dict[str, Any] | None = None,
    ) -> Any:  # MiniStack's result
        context = dict(service_context or {})
        if found := CLUSTER_OR_TASK.fullmatch(resource_arn):
            context["ecs:cluster"] = f"{found['prefix']}:cluster/{found['name']}"
        return enforce(access_key_id, iam_action, service, region, resource_arn, context)

    return enforce_with_key


def _hide_missing_objects(enforce: Enforce, *, listing: Enforce) -> Enforce:
    """Deny reading a missing object to a role that may not list the bucket.

    The role needs no further permission, so the decision of `listing` is not logged.
    """

    def enforce_hiding(  # MiniStack's signature
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Any:  # MiniStack's result
        denied = enforce(access_key_id, iam_action, service, region, resource_arn, service_context)
        if denied or iam_action != "s3:GetObject" or _exists(resource_arn):
            return denied
        bucket = resource_arn.partition("/")[0]
        return listing(access_key_id, "s3:ListBucket", service, region, bucket)

    return enforce_hiding


def _exists(object_arn: str) -> bool:
    from ministack.services import s3

    bucket, _, key = object_arn.removeprefix("arn:aws:s3:::").partition("/")
    found = s3._buckets.get(bucket)  # noqa: SLF001
    return found is None or key in found["objects"]


def _checked_batch(run: Callable[..., None]) -> Callable[..., None]:
    """Deliver a batch only if the function's role may read the queue.

    AWS does not even create an event source mapping otherwise:
    https://github.com/aws/aws-cdk/issues/6770
    """

    def run_checked(mapping: dict[str, Any], function: dict[str, Any], *batch: Any) -> None:
        role, queue = function["config"]["Role"], mapping["EventSourceArn"]
        refusals = [refusal(role, action, queue) for action in EVENT_SOURCE_ACTIONS]
        if problem := next(filter(None, refusals), None):
            mapping["LastProcessingResult"] = f"PROBLEM: {problem}"
            return
        run(mapping, function, *batch)

    return run_checked


def _checked_target(invoke: Callable[..., None], log: Callable[..., None]) -> Callable[..., None]:
    """Invoke a function only if its resource policy allows the rule to, as AWS does:
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html"""

    def invoke_checked(
        target: dict[str, Any], event: Any, rule: dict[str, Any], *more: Any
    ) -> None:
        function = target.get("Arn", "")
        if ":lambda:" in function:
            allowed = _may_invoke(EVENTS, rule["Arn"], function)
            log(EVENTS, "lambda:InvokeFunction", function, allowed)
            if not allowed:
                return
        invoke(target, event, rule, *more)

    return invoke_checked


def _checked_proxy(invoke: Callable[..., Any], log: Callable[..., None]) -> Callable[..., Any]:
    """Invoke a function only if its resource policy allows the API to. AWS answers 500 otherwise:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html
    """

    async def invoke_checked(
        integration: dict[str, Any],
        api_id: str,
        stage: str,
        path: str,
        method: str,
        *request: Any,
        **more: Any,
    ) -> Any:  # MiniStack's response
        function = integration["integrationUri"]
        region, account = more["owner_region"], more["owner_account_id"]
        route = f"{stage}/{method}{path}"
        source = f"arn:aws:execute-api:{region}:{account}:{api_id}/{route}"
        allowed = _may_invoke(API_GATEWAY, source, function)
        log(API_GATEWAY, "lambda:InvokeFunction", function, allowed)
        if not allowed:
            return 500, {}, b'{"message":"Internal Server Error"}'
        return await invoke(integration, api_id, stage, path, method, *request, **more)

    return invoke_checked


def _may_invoke(service: str, source_arn: str, function_arn: str) -> bool:
    from ministack.core import iam_evaluator
    from ministack.core.responses import get_region
    from ministack.services import lambda_svc

    policy, _ = lambda_svc.function_policy_for_arn(function_arn) or (None, "")
    request = iam_evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action="lambda:InvokeFunction",
        resource_arn=function_arn,
        region=get_region(),
        service_context={"aws:sourcearn": source_arn},
    )
    result = iam_evaluator.evaluate_resource_policy(policy, request, service=service)
    return bool(result.decision == "Allow")


def _role_of(access_key_id: str) -> str | None:
    """Return the role's name, or None for the account's root: the person who uses the stack."""
    from ministack.services import sts

    principal = sts._sessions.get(access_key_id, {}).get("Arn", "")  # noqa: SLF001
    _, is_role, session = principal.partition(":assumed-role/")
    return session.partition("/")[0] if is_role else None
