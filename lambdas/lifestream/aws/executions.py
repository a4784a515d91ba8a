"""The state machine: one execution a job and attempt, whoever asks how often."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, Self

from botocore.exceptions import ClientError
from pydantic import ValidationError

from lifestream.domain.base import Frozen
from lifestream.domain.job import ProcessingJob
from lifestream.errors import TransientError

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

THROTTLED = ("ThrottlingException", "ExecutionLimitExceeded", "TooManyRequestsException")
ENDED = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
LAST_EVENTS = 40
"""More than lie between SendToDeadLetterQueue and the end, with all its retries."""


class ExecutionReport(Frozen):
    """An execution as Step Functions or EventBridge describes it. Input and output are JSON."""

    arn: str
    name: str
    status: str
    input: str
    output: str | None = None
    error: str | None = None
    cause: str | None = None

    @classmethod
    def of(cls, described: dict[str, Any]) -> Self:
        """From DescribeExecution's answer or an event's `detail`, which name fields alike."""
        return cls(
            arn=described["executionArn"],
            **{name: described.get(name) for name in cls.model_fields if name != "arn"},
        )

    @property
    def is_running(self) -> bool:
        return self.status in ("RUNNING", "PENDING_REDRIVE")

    @property
    def is_of_a_job(self) -> bool:
        """False if somebody started it by hand, with an input of their own."""
        try:
            self.job  # noqa: B018  # reads the input
        except ValidationError:
            return False
        return True

    @property
    def job(self) -> ProcessingJob:
        return ProcessingJob.model_validate_json(self.input)

    @property
    def result(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.output or "{}")
        return answer


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

    def find(self, name: str) -> ExecutionReport | None:
        try:
            described = self._step_functions.describe_execution(executionArn=self.arn_of(name))
        except self._step_functions.exceptions.ExecutionDoesNotExist:
            return None
        return ExecutionReport.of(dict(described))

    def ended(self, detail: dict[str, Any]) -> ExecutionReport:
        """From an event's `detail`. Step Functions is asked for what the event leaves out: it
        has no room for payloads over 248 KiB. Raises TransientError if the answer lags behind.

        Source: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
        """
        if tells_everything(detail):
            return ExecutionReport.of(detail)
        described = self.find(detail["name"])
        if described is None or described.is_running:
            raise TransientError("Step Functions does not show yet how the execution ended")
        return described

    def stop(self, name: str, *, why: str) -> None:
        """Step Functions stops the container with it. One that has ended stays as it is."""
        try:
            self._step_functions.stop_execution(executionArn=self.arn_of(name), cause=why)
        except self._step_functions.exceptions.ExecutionDoesNotExist:
            return

    def find_dlq_message(self, arn: str) -> Literal["sent", "in doubt", "none"]:
        """What became of the DLQ message, says the history: it is written by Step Functions
        itself, so no crash of ours can make it lie. In doubt is a call without an answer."""
        history = self._step_functions.get_execution_history(
            executionArn=arn, reverseOrder=True, maxResults=LAST_EVENTS, includeExecutionData=False
        )
        calls = {
            event["type"]
            for event in history["events"]
            for name in ("taskSucceededEventDetails", "taskScheduledEventDetails")
            if event.get(name, {}).get("resourceType") == "sqs"  # type: ignore[attr-defined]  # the name is a literal
        }
        if "TaskSucceeded" in calls:
            return "sent"
        return "in doubt" if calls else "none"

    def arn_of(self, name: str) -> str:
        return f"{self._arn.replace(':stateMachine:', ':execution:')}:{name}"


def tells_everything(detail: dict[str, Any]) -> bool:
    """A job, and how it ended."""
    how = (detail.get(name) for name in ("output", "error", "cause"))
    return detail.get("input") is not None and any(text is not None for text in how)
