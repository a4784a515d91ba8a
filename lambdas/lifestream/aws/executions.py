"""The state machine: one execution a job and attempt, whoever asks how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lifestream.domain.job import ProcessingJob
from lifestream.errors import TransientError

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

THROTTLED = ("ThrottlingException", "ExecutionLimitExceeded", "TooManyRequestsException")


class Executions:
    def __init__(self, step_functions: SFNClient, state_machine_arn: str) -> None:
        self._step_functions = step_functions
        self._arn = state_machine_arn

    def start(self, job: ProcessingJob) -> None:
        """The name is derived from the job, so a second start is refused, and that is success."""
        try:
            self._step_functions.start_execution(
                stateMachineArn=self._arn, name=job.execution_name, input=job.model_dump_json()
            )
        except self._step_functions.exceptions.ExecutionAlreadyExists:
            return
        except ClientError as error:
            if error.response["Error"]["Code"] in THROTTLED:
                raise TransientError("Step Functions is throttling") from error
            raise
