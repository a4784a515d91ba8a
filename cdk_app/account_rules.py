"""Apply what an organization demands of every resource: network, key, permissions boundary, tags.

Each has a switch, and without switches nothing is changed. This runs when all parts exist,
because it looks at the finished roles: they say which endpoints and which use of the key a part
needs. A new part needs no code of its own for that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws, Tags
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from cdk_app.encryption import encrypt_everything

if TYPE_CHECKING:
    from cdk_app.stack import LifeStreamStack


def apply_account_rules(stack: LifeStreamStack) -> None:
    config = stack.config
    functions = [node for node in stack.node.find_all() if isinstance(node, lambda_.Function)]
    stack.transcribe_speech.network.connect(functions)
    if config.kms == "customer":
        encrypt_everything(stack, config=config)
    if config.permissions_boundary:
        _limit_roles(stack, config.permissions_boundary)
    if config.tags:
        _tag(stack, config.tags)


def _limit_roles(stack: LifeStreamStack, arn: str) -> None:
    boundary = iam.ManagedPolicy.from_managed_policy_arn(stack, "PermissionsBoundary", arn)
    iam.PermissionsBoundary.of(stack).apply(boundary)


def _tag(stack: LifeStreamStack, tags: dict[str, str]) -> None:
    """Tag every resource. Tasks and GPU hosts are tagged when they start: hosts by ECS itself,
    tasks by the state machine, which needs a permission for that."""
    for name, value in tags.items():
        Tags.of(stack).add(name, value)
    cluster = stack.transcribe_speech.cluster.cluster_name
    task = f"arn:{Aws.PARTITION}:ecs:{Aws.REGION}:{Aws.ACCOUNT_ID}:task/{cluster}/*"
    stack.workflow.state_machine.add_to_role_policy(
        iam.PolicyStatement(
            actions=["ecs:TagResource"],
            resources=[task],
            conditions={"StringEquals": {"ecs:CreateAction": "RunTask"}},
        )
    )
