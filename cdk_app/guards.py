"""What every Task of the state machine has: retries for transient errors, and a Catch that names
the step."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn

from lifestream.aws.api_keys import MAX_AGE_SECONDS
from lifestream.errors import KeyRefusedError

JOB = "{% $states.context.Execution.Input %}"
EXECUTION = "{% $states.context.Execution.Id %}"
ERROR = "{% $states.errorOutput.Error %}"
# Some errors have no Cause, and an undefined expression inside a Catch fails the execution. The
# Cause is kept whole, because its end may hold the reason; RecordFailure makes it readable.
CAUSE = "{% $states.errorOutput.Cause & '' %}"
MAX_DELAY = Duration.minutes(5)
THROTTLED = ("Lambda.TooManyRequestsException",)
THROTTLED_ATTEMPTS = 60
"""Five hours: a burst of uploads in an account whose Lambda concurrency is 10."""
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
    """The input of RecordFailure. By default the error that was caught, inside a Catch."""
    return {"job": JOB, "step": step, "error": error, "cause": cause, "execution_arn": EXECUTION}


def retry_lambda(state: sfn.TaskStateBase) -> None:
    """Throttling has its own budget: it says how busy the account is, not what is broken."""
    add_retry(state, errors=THROTTLED, attempts=THROTTLED_ATTEMPTS)
    add_retry(state, errors=TRANSIENT)


def retry_refused_key(state: sfn.TaskStateBase) -> None:
    """Run the step once more, when no process has the old key any more: it may have been rotated.

    Without jitter, which could make the wait shorter.
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
    state.add_retry(
        errors=list(errors),
        max_attempts=attempts,
        interval=Duration.seconds(interval),
        backoff_rate=2,
        max_delay=MAX_DELAY,
        jitter_strategy=sfn.JitterType.FULL,
    )
