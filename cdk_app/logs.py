"""Create log groups. By default, logs are kept for a week in `dev` and for 90 days in `prod`."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk_app.config import Config


def log_group(scope: Construct) -> logs.LogGroup:
    """Create a log group that is deleted with the stack."""
    return logs.LogGroup(
        scope,
        "Logs",
        retention=Config.from_context(scope.node).log_retention,
        removal_policy=RemovalPolicy.DESTROY,
    )
