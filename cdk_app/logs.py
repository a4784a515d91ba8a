"""Log groups: kept for a week in `dev` and three months in `prod`, gone with the stack."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk_app.config import Config


def log_group(scope: Construct) -> logs.LogGroup:
    return logs.LogGroup(
        scope,
        "Logs",
        retention=Config.from_context(scope.node).logs_kept,
        removal_policy=RemovalPolicy.DESTROY,
    )
