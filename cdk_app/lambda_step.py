"""A state that is a Lambda function: the step's name gives file, construct and log group."""

from __future__ import annotations

from aws_cdk import Duration, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk_app.bundling import ARCHITECTURE, RUNTIME, Requirements, code_with
from cdk_app.logs import log_group
from lifestream.step_names import Step


class LambdaStep(Construct):
    """`function`, `timeout`."""

    def __init__(  # noqa: PLR0913  # a construct's properties, all named
        self,
        scope: Construct,
        step: Step,
        *,
        environment: dict[str, str],
        timeout: Duration,
        requirements: Requirements = Requirements.BASE,
        memory: int = 512,
        disk: Size | None = None,
    ) -> None:
        super().__init__(scope, step)
        self.step = step
        self.timeout = timeout
        self.function = python_function(
            self,
            handler=f"steps.{step.module_name}.handler",
            requirements=requirements,
            environment=environment,
            timeout=timeout,
            memory=memory,
            disk=disk,
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
    """With a role of its own that writes this one log group; AWS's managed policy allows all."""
    logs = log_group(scope)
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
        environment=environment,
        timeout=timeout,
        memory_size=memory,
        ephemeral_storage_size=disk,
        log_group=logs,
        role=role,
    )
