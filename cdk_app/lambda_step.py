"""Create the Lambda function of a step.

The step's name determines the handler's file and the construct's id.
"""

from __future__ import annotations

from aws_cdk import Duration, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk_app.bundling import ARCHITECTURE, RUNTIME, Requirements, code_with
from cdk_app.config import Config
from cdk_app.logs import log_group
from cdk_app.step_table import LAMBDA_STEPS
from lifestream.domain.lambda_memory import LAMBDA_MEMORY
from lifestream.step_names import Step


class LambdaStep(Construct):
    """Exposes `function`, and `spec`, its entry in the step table."""

    def __init__(self, scope: Construct, step: Step, *, environment: dict[str, str]) -> None:
        super().__init__(scope, step)
        self.spec = LAMBDA_STEPS[step]
        self.function = python_function(
            self,
            handler=f"steps.{step.module_name}.handler",
            requirements=self.spec.requirements,
            environment=environment,
            timeout=self.spec.timeout,
            memory=LAMBDA_MEMORY[step],
            disk=self.spec.disk,
        )


def python_function(  # noqa: PLR0913  # a construct's properties, all named
    scope: Construct,
    *,
    handler: str,
    requirements: Requirements,
    environment: dict[str, str],
    timeout: Duration,
    memory: int,
    disk: Size | None = None,
) -> lambda_.Function:
    """Create a function with its own role, which may only write to the function's log group and
    send traces."""
    logs, config = log_group(scope), Config.from_context(scope.node)
    role = iam.Role(
        scope, "FunctionServiceRole", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")
    )
    logs.grant_write(role)
    return lambda_.Function(
        scope,
        "Function",
        runtime=RUNTIME,
        architecture=ARCHITECTURE,
        code=code_with(requirements),
        handler=handler,
        environment=environment | {"STAGE": config.stage},
        timeout=timeout,
        memory_size=memory,
        ephemeral_storage_size=disk,
        log_group=logs,
        role=role,
        tracing=lambda_.Tracing.ACTIVE,
    )
