"""IAM: decisions that MiniStack does not make are made as on AWS, and all can be written down.

MiniStack checks every call that arrives over HTTP. It does not check what one of its services does
in another: an event source mapping that reads a queue, a rule that invokes a function. And it
answers 404 for a missing object to everybody; AWS answers 403 to those who may not list the
bucket: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
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
OF_A_CLUSTER = re.compile(r"(?P<prefix>arn:aws:ecs:[^/]*):(cluster|task)/(?P<name>[^/]+)(/.*)?")

Enforce = Callable[..., Any]
"""MiniStack's decision about a request: None, or why it is refused."""


def install(*, decisions: str | None) -> None:
    """`decisions`: a file to which each decision about a role or a service is appended, one JSON
    object per line: principal, action, resource, allowed. With None, nothing is written."""
    from ministack.core import iam_evaluator
    from ministack.services import eventbridge, lambda_svc, sqs

    require(hasattr(iam_evaluator, "enforce"), "IAM's decision")
    require(hasattr(sqs, "queue_policy_allows"), "SQS's decision about S3")
    require(hasattr(lambda_svc, "_run_sqs_batch"), "Lambda's batches from SQS")
    require(hasattr(eventbridge, "_invoke_target"), "EventBridge's targets")
    note = DecisionLog(Path(decisions)).note if decisions else _forget
    enforce = _knowing_the_cluster(iam_evaluator.enforce)
    iam_evaluator.enforce = _hiding_missing_objects(_noted(enforce, note), listing=enforce)
    sqs.queue_policy_allows = _noted_delivery(sqs.queue_policy_allows, note)
    lambda_svc._run_sqs_batch = _permitted_batch(lambda_svc._run_sqs_batch)  # noqa: SLF001
    eventbridge._invoke_target = _permitted_target(eventbridge._invoke_target, note)  # noqa: SLF001


class DecisionLog:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def note(self, principal: str, action: str, resource: str, allowed: bool) -> None:  # noqa: FBT001  # one line of the file
        decision = {"principal": principal, "action": action, "resource": resource}
        with self._lock, self._path.open("a") as file:
            file.write(json.dumps(decision | {"allowed": allowed}) + "\n")


def _forget(*_: object) -> None:
    """Normal use keeps no decisions."""


def refusal(role_arn: str, action: str, resource: str) -> str | None:
    """Why the role may not, in AWS's words; None when it may. Counts the policies of the role and
    of the resource."""
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
    """Credentials of the role, as AWS hands them to what runs under it."""
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


def _noted(enforce: Enforce, note: Callable[..., None]) -> Enforce:
    def enforce_noted(  # MiniStack's signature
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Any:  # MiniStack's result
        denied = enforce(access_key_id, iam_action, service, region, resource_arn, service_context)
        if role := _role_of(access_key_id):
            note(role, iam_action, resource_arn, denied is None)
        return denied

    return enforce_noted


def _noted_delivery(allows: Callable[..., bool], note: Callable[..., None]) -> Callable[..., bool]:
    def allows_noted(queue_arn: str, service: str, *source: str) -> bool:
        allowed = allows(queue_arn, service, *source)
        note(service, "sqs:SendMessage", queue_arn, allowed)
        return allowed

    return allows_noted


def _knowing_the_cluster(enforce: Enforce) -> Enforce:
    """The condition key `ecs:cluster`:
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html"""

    def enforce_knowing(
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str,
        service_context: dict[str, Any] | None = None,
    ) -> Any:  # MiniStack's result
        context = dict(service_context or {})
        if found := OF_A_CLUSTER.fullmatch(resource_arn):
            context["ecs:cluster"] = f"{found['prefix']}:cluster/{found['name']}"
        return enforce(access_key_id, iam_action, service, region, resource_arn, context)

    return enforce_knowing


def _hiding_missing_objects(enforce: Enforce, *, listing: Enforce) -> Enforce:
    """A role that is refused so lacks no permission: only `enforce` writes down its decisions."""

    def enforce_hiding(  # MiniStack's signature
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Any:  # MiniStack's result
        denied = enforce(access_key_id, iam_action, service, region, resource_arn, service_context)
        if denied or iam_action != "s3:GetObject" or _is_there(resource_arn):
            return denied
        bucket = resource_arn.partition("/")[0]
        return listing(access_key_id, "s3:ListBucket", service, region, bucket)

    return enforce_hiding


def _is_there(object_arn: str) -> bool:
    from ministack.services import s3

    bucket, _, key = object_arn.removeprefix("arn:aws:s3:::").partition("/")
    found = s3._buckets.get(bucket)  # noqa: SLF001
    return found is None or key in found["objects"]


def _permitted_batch(run: Callable[..., None]) -> Callable[..., None]:
    """AWS refuses even to create a mapping whose function's role may not read the queue:
    https://github.com/aws/aws-cdk/issues/6770"""

    def run_permitted(mapping: dict[str, Any], function: dict[str, Any], *batch: Any) -> None:
        role, queue = function["config"]["Role"], mapping["EventSourceArn"]
        refusals = [refusal(role, action, queue) for action in EVENT_SOURCE_ACTIONS]
        if problem := next(filter(None, refusals), None):
            mapping["LastProcessingResult"] = f"PROBLEM: {problem}"
            return
        run(mapping, function, *batch)

    return run_permitted


def _permitted_target(
    invoke: Callable[..., None], note: Callable[..., None]
) -> Callable[..., None]:
    """AWS invokes a function only if the function's own policy lets the rule:
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html"""

    def invoke_permitted(
        target: dict[str, Any], event: Any, rule: dict[str, Any], *more: Any
    ) -> None:
        function = target.get("Arn", "")
        if ":lambda:" in function:
            allowed = _may_invoke(rule["Arn"], function)
            note(EVENTS, "lambda:InvokeFunction", function, allowed)
            if not allowed:
                return
        invoke(target, event, rule, *more)

    return invoke_permitted


def _may_invoke(rule_arn: str, function_arn: str) -> bool:
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
        service_context={"aws:sourcearn": rule_arn},
    )
    result = iam_evaluator.evaluate_resource_policy(policy, request, service=EVENTS)
    return bool(result.decision == "Allow")


def _role_of(access_key_id: str) -> str | None:
    """The role's name; None for the account's root, which is the person who uses the stack."""
    from ministack.services import sts

    principal = sts._sessions.get(access_key_id, {}).get("Arn", "")  # noqa: SLF001
    _, is_role, session = principal.partition(":assumed-role/")
    return session.partition("/")[0] if is_role else None
