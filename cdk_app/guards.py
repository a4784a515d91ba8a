"""Add retries for transient errors to a state, and describe a failure for RecordFailure."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn

from lifestream.aws.api_keys import MAX_AGE_SECONDS
from lifestream.errors import KeyRefusedError

JOB = "{% $states.context.Execution.Input %}"
EXECUTION = "{% $states.context.Execution.Id %}"
ERROR = "{% $states.errorOutput.Error %}"
# Some errors have no Cause, and an undefined expression in a Catch fails the execution. The Cause
# is not truncated, because the reason may be at its end; RecordFailure makes it readable.
CAUSE = "{% $states.errorOutput.Cause & '' %}"
MAX_DELAY = Duration.minutes(5)
THROTTLED = ("Lambda.TooManyRequestsException",)
THROTTLED_ATTEMPTS = 60
"""At most five hours: enough for a burst in an account that runs ten functions at once."""
TRANSIENT = (
    "TransientError",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.EC2ThrottledException",
    "Lambda.ResourceConflictException",  # the function is being updated
    "Lambda.ResourceNotReadyException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Sandbox.Timedout",
)


def failure_of(step: str, *, error: str = ERROR, cause: str = CAUSE) -> dict[str, str]:
    """Return the input of RecordFailure. By default it describes the error that a Catch caught."""
    return {"job": JOB, "step": step, "error": error, "cause": cause, "execution_arn": EXECUTION}


def retry_lambda(state: sfn.TaskStateBase) -> None:
    """Retry throttling and transient errors. Throttling has its own, larger number of retries: it
    means that the account is busy, not that anything is broken."""
    add_retry(state, errors=THROTTLED, attempts=THROTTLED_ATTEMPTS)
    add_retry(state, errors=TRANSIENT)


def retry_refused_key(state: sfn.TaskStateBase) -> None:
    """Retry once, after every process has dropped its cached key: it may have been rotated.

    There is no jitter, because it could shorten the wait.
    """
    state.add_retry(
        errors=[KeyRefusedError.__name__],
        max_attempts=1,
        interval=Duration.seconds(MAX_AGE_SECONDS),
        max_delay=MAX_DELAY,
        jitter_strategy=sfn.JitterType.NONE,
    )


def add_retry(
    state: sfn.TaskStateBase, *, errors: Sequence[str], attempts: int = 4, interval: int = 2
) -> None:
    """Retry with exponential backoff and full jitter; `interval` is in seconds."""
    state.add_retry(
        errors=list(errors),
        max_attempts=attempts,
        interval=Duration.seconds(interval),
        backoff_rate=2,
        max_delay=MAX_DELAY,
        jitter_strategy=sfn.JitterType.FULL,
    )
