"""Build the failure path: RecordFailure ▶ SendToDeadLetterQueue ▶ JobFailed or JobPartial."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from cdk_app.guards import CAUSE, ERROR, add_retry
from cdk_app.lambda_state import invoke
from cdk_app.lambda_step import LambdaStep
from cdk_app.slots import SAME_AS_INPUT
from lifestream.step_names import SEND_TO_DEAD_LETTER_QUEUE, Step

SEND_TIMEOUT = Duration.seconds(60)
# Retry only if SQS itself returned an error: a retry after a lost response would send a second
# DLQ message. lifestream.recovery.finalizer finds out whether such a message was sent.
TRANSIENT_IN_SQS = ("SQS.AmazonSQSException",)


class FailurePath:
    """Exposes `first`, the state to enter with the failure that `guards.failure_of` describes."""

    def __init__(
        self, scope: Construct, *, record_failure: LambdaStep, dead_letter_queue: sqs.IQueue
    ) -> None:
        self._scope = scope
        self.first = record = invoke(scope, Step.RECORD_FAILURE, record_failure)
        send = self._send(dead_letter_queue)
        failed = self._failed()

        record.next(self._if_message_needed(send))
        record.add_catch(send, errors=["States.ALL"], outputs=UNRECORDED)
        send.next(self._if_partial(otherwise=failed))
        send.add_catch(failed, errors=["States.ALL"], outputs={"error": ERROR, "cause": CAUSE})

    def _if_message_needed(self, send: sfn.State) -> sfn.Choice:
        is_needed = "{% $states.input.status in ['FAILED', 'PARTIAL'] %}"
        cancelled = sfn.Succeed.jsonata(
            self._scope, "JobCancelled", comment="A person cancelled the job"
        )
        return (
            sfn.Choice.jsonata(
                self._scope, "IsDlqMessageNeeded", comment="A cancelled job needs no DLQ message"
            )
            .when(sfn.Condition.jsonata(is_needed), send)
            .otherwise(cancelled)
        )

    def _send(self, dead_letter_queue: sqs.IQueue) -> tasks.SqsSendMessage:
        send = tasks.SqsSendMessage.jsonata(
            self._scope,
            SEND_TO_DEAD_LETTER_QUEUE,
            comment="Send the job and its failure; the message is enough to run the job again",
            queue=dead_letter_queue,
            message_body=sfn.TaskInput.from_text("{% $string($states.input.message) %}"),
            task_timeout=sfn.Timeout.duration(SEND_TIMEOUT),
            outputs=SAME_AS_INPUT,
        )
        add_retry(send, errors=TRANSIENT_IN_SQS)
        return send

    def _if_partial(self, *, otherwise: sfn.Fail) -> sfn.Choice:
        partial = sfn.Succeed.jsonata(
            self._scope, "JobPartial", comment="The results are published, without the failed part"
        )
        return (
            sfn.Choice.jsonata(self._scope, "IsPartial", comment="Were results published anyway?")
            .when(sfn.Condition.jsonata("{% $states.input.status = 'PARTIAL' %}"), partial)
            .otherwise(otherwise)
        )

    def _failed(self) -> sfn.Fail:
        return sfn.Fail.jsonata(
            self._scope,
            "JobFailed",
            comment="The DLQ message says why; moving it back runs the job again",
            error="{% $states.input.error %}",
            cause="{% $states.input.cause %}",
        )


UNRECORDED_MESSAGE = (
    "{% $merge([$states.context.Execution.Input, {'status': 'FAILED', 'failure': {"
    "'step': $states.input.step, 'error': $states.input.error,"
    "'cause': $substring($states.input.cause, 0, 1000),"
    "'advice': 'The failure itself could not be recorded: read the execution, then redrive.',"
    "'attempt': $states.context.Execution.Input.attempt,"
    "'execution_arn': $states.context.Execution.Id,"
    "'failed_at': $now(),"
    "'how_to_redrive': 'Move this message back to the ingest queue.'}}]) %}"
)
UNRECORDED = {
    "status": "FAILED",
    "error": "{% $states.input.error %}",
    "cause": "{% $states.input.cause %}",
    "message": UNRECORDED_MESSAGE,
}
"""The input of SendToDeadLetterQueue if RecordFailure fails too."""
