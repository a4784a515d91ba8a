"""Create the state that invokes the Lambda function of a step."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from cdk_app.guards import retry_lambda, retry_refused_key
from cdk_app.lambda_step import LambdaStep
from lifestream.step_names import Step

GRACE_SECONDS = 10
"""Added to the function's timeout, so that Lambda reports the timeout and not Step Functions."""


def invoke(
    scope: Construct,
    step: Step,
    part: LambdaStep,
    *,
    assign: Mapping[str, object] | None = None,
) -> tasks.LambdaInvoke:
    """Return the state with its Retry, but without a Catch."""
    limit = Duration.seconds(part.spec.timeout.to_seconds() + GRACE_SECONDS)
    state = tasks.LambdaInvoke.jsonata(
        scope,
        step,
        comment=part.spec.comment,
        lambda_function=part.function,
        payload=sfn.TaskInput.from_text("{% $states.input %}"),
        outputs="{% $states.result.Payload %}",
        assign=assign,
        retry_on_service_exceptions=False,
        task_timeout=sfn.Timeout.duration(limit),
    )
    retry_lambda(state)
    if part.spec.uses_api_keys:
        retry_refused_key(state)
    return state
