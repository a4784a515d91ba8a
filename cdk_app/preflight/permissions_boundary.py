"""Check that the policy of `-c permissions_boundary=` exists and allows what the roles need."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lifestream.client.doctor.findings import Finding, failed, ok, warning

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

WHAT = "permissions boundary"
AT_ONCE = 100
"""Actions per request."""


def check_boundary(iam: IAMClient, arn: str, actions: Sequence[str]) -> Iterator[Finding]:
    """Simulate each action on any resource.

    A boundary that allows an action on certain resources only is reported too, because a
    simulation needs the names of resources, which do not exist yet.
    """
    try:
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    except iam.exceptions.NoSuchEntityException:
        yield failed(WHAT, f"{arn} does not exist", "Create it, or correct the switch")
        return
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    denied = list(_denied(iam, json.dumps(document), actions))
    if denied:
        detail = f"it does not allow everywhere: {', '.join(denied)}"
        yield warning(WHAT, detail, "Check that it allows them for the resources of the stack")
    else:
        yield ok(WHAT, f"it allows all {len(actions)} actions of the roles")


def _denied(iam: IAMClient, boundary: str, actions: Sequence[str]) -> Iterator[str]:
    for start in range(0, len(actions), AT_ONCE):
        answer = iam.simulate_custom_policy(
            PolicyInputList=[boundary], ActionNames=list(actions[start : start + AT_ONCE])
        )
        for result in answer["EvaluationResults"]:
            if result["EvalDecision"] != "allowed":
                yield result["EvalActionName"]
