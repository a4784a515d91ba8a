"""Start, describe and stop executions of the state machine: one per job and attempt."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, Self

from botocore.exceptions import ClientError
from pydantic import ValidationError

from lifestream.domain.base import Frozen
from lifestream.domain.job import ProcessingJob
from lifestream.domain.state_runs import StateRun, states_of
from lifestream.errors import TransientError

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

THROTTLED = ("ThrottlingException", "ExecutionLimitExceeded", "TooManyRequestsException")
ENDED = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
LAST_EVENTS = 40
"""More events than there are between SendToDeadLetterQueue and the end, with all retries."""


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
        """Convert DescribeExecution's answer or an event's `detail`, which have the same fields."""
        return cls(
            arn=described["executionArn"],
            **{name: described.get(name) for name in cls.model_fields if name != "arn"},
        )

    @property
    def is_running(self) -> bool:
        return self.status in ("RUNNING", "PENDING_REDRIVE")

    @property
    def has_job(self) -> bool:
        """Return False if the execution was started by hand with other input."""
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

    def start(self, job: ProcessingJob) -> bool:
        """Start the job's attempt. A second start has no effect: the execution name is the same.

        Return False if the execution has ended already. One that still runs counts as started.
        """
        try:
            self._step_functions.start_execution(
                stateMachineArn=self._arn, name=job.execution_name, input=job.model_dump_json()
            )
        except self._step_functions.exceptions.ExecutionAlreadyExists:
            return False
        except ClientError as error:
            if error.response["Error"]["Code"] in THROTTLED:
                raise TransientError("Step Functions is throttling") from error
            raise
        return True

    def find(self, name: str) -> ExecutionReport | None:
        try:
            described = self._step_functions.describe_execution(executionArn=self.arn_of(name))
        except self._step_functions.exceptions.ExecutionDoesNotExist:
            return None
        return ExecutionReport.of(dict(described))

    def ended(self, detail: dict[str, Any]) -> ExecutionReport:
        """Return the report of an ended execution from an event's `detail`.

        An event has no room for payloads over 248 KiB; those are read from Step Functions. Raises
        TransientError if Step Functions does not show the end yet.

        Source: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
        """
        if _is_complete(detail):
            return ExecutionReport.of(detail)
        described = self.find(detail["name"])
        if described is None or described.is_running:
            raise TransientError("Step Functions does not show the end of the execution yet")
        return described

    def stop(self, name: str, *, why: str) -> None:
        """Stop an execution and, with it, its container. One that has ended stays as it is."""
        try:
            self._step_functions.stop_execution(executionArn=self.arn_of(name), cause=why)
        except self._step_functions.exceptions.ExecutionDoesNotExist:
            return
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationException":  # it has ended
                raise

    def find_dlq_message(self, arn: str) -> Literal["sent", "in doubt", "none"]:
        """Return what the execution's history says about its DLQ message.

        "in doubt" means that the history holds the call to SQS and no answer. Step Functions writes
        the history itself, so it is right even if our code crashed.
        """
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

    def states(self, name: str) -> dict[str, StateRun]:
        """Return the states that an execution has been in, with their times, by name."""
        return states_of(self.history(name, with_data=False))

    def history(self, name: str, *, with_data: bool = True) -> list[dict[str, Any]]:
        """Return the events of an execution, oldest first. `with_data`: with inputs and outputs.

        There are none if the execution is unknown. Step Functions keeps the history of an execution
        for 90 days after its end.

        Source: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
        """
        pages = self._step_functions.get_paginator("get_execution_history").paginate(
            executionArn=self.arn_of(name), includeExecutionData=with_data
        )
        try:
            return [dict(event) for page in pages for event in page["events"]]
        except self._step_functions.exceptions.ExecutionDoesNotExist:
            return []

    def arn_of(self, name: str) -> str:
        return f"{self._arn.replace(':stateMachine:', ':execution:')}:{name}"


def _is_complete(detail: dict[str, Any]) -> bool:
    """Return whether an event's `detail` holds the job and how the execution ended."""
    how = (detail.get(name) for name in ("output", "error", "cause"))
    return detail.get("input") is not None and any(text is not None for text in how)
