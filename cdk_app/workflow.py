"""The state machine: the flow from an inspected video to published results or a dead letter.

InspectVideo ▶ ExtractAudio ▶ AcquireGpuSlot ▶ TranscribeSpeech ▶ ReleaseGpuSlot
    ▶ ( SummarizeTranscript | IndexTranscript ) ▶ PublishResults ▶ RecordSuccess
any failure ▶ RecordFailure (and release the slot) ▶ SendToDeadLetterQueue ▶ JobFailed

A failure in one of the two branches leaves a part missing: the rest is published, the job ends
PARTIAL, and the same dead letter is sent. What ends an execution from outside (an abort, the
limit of the whole machine) no Catch sees: that is `caretakers`' part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from cdk_app.container_step import ContainerStep
from cdk_app.gpu_slots import GpuSlots
from cdk_app.lambda_step import LambdaStep
from cdk_app.logs import log_group
from lifestream.step_names import SEND_TO_DEAD_LETTER_QUEUE, Step

TOTAL_TIMEOUT = Duration.days(6)
"""Longer than all retries and waits together, shorter than artifacts are kept."""
SEND_TIMEOUT = Duration.seconds(60)
GRACE_SECONDS = 10
TRANSIENT = (
    "TransientError",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Sandbox.Timedout",
)
NO_SLOT_IS_FREE = "DynamoDB.ConditionalCheckFailedException"
TRANSIENT_IN_DYNAMODB = ("States.TaskFailed", "States.Timeout")
NO_CAPACITY_IN_ECS = ("ECS.AmazonECSException", "ECS.ServerException", "AmazonECS.Unknown")
# Only where SQS itself says no: a lost answer tried again would be a second dead letter. What
# is left in doubt is settled after the end (lifestream.aws.settlement).
TRANSIENT_IN_SQS = ("SQS.AmazonSQSException",)
ERROR = "{% $states.errorOutput.Error %}"
# Some errors have no Cause, and an undefined expression inside a Catch fails the execution.
CAUSE = (
    "{% $exists($states.errorOutput.Cause) ? $substring($states.errorOutput.Cause, 0, 4000) : '' %}"
)
JOB = "{% $states.context.Execution.Input %}"
EXECUTION = "{% $states.context.Execution.Id %}"


@dataclass(frozen=True)
class Steps:
    """Every step of the flow, as a construct."""

    lambdas: Mapping[Step, LambdaStep]
    transcribe_speech: ContainerStep
    gpu_slots: GpuSlots


class Workflow(Construct):
    """`state_machine`."""

    def __init__(
        self, scope: Construct, construct_id: str, *, steps: Steps, dead_letters: sqs.IQueue
    ) -> None:
        super().__init__(scope, construct_id)
        self._steps = steps
        self._record_failure = self._failure_path(dead_letters)
        self.state_machine = sfn.StateMachine(
            self,
            "StateMachine",
            definition_body=sfn.DefinitionBody.from_chainable(self._flow()),
            query_language=sfn.QueryLanguage.JSONATA,
            timeout=TOTAL_TIMEOUT,
            logs=sfn.LogOptions(
                destination=log_group(self),
                level=sfn.LogLevel.ALL,
                include_execution_data=False,
            ),
        )

    def _flow(self) -> sfn.IChainable:
        understand = self._summarize_and_index()
        publish = self._guarded(self._lambda_state(Step.PUBLISH_RESULTS))
        success = self._guarded(self._lambda_state(Step.RECORD_SUCCESS))
        understand.next(publish).next(self._everything_published(success))
        transcribe = self._transcribed()
        extract = self._guarded(self._lambda_state(Step.EXTRACT_AUDIO))
        extract.next(self._acquired()).next(transcribe).next(self._released(understand))
        inspect = self._guarded(self._lambda_state(Step.INSPECT_VIDEO))
        return inspect.next(
            sfn.Choice.jsonata(self, "IsTranscribed")
            .when(sfn.Condition.jsonata("{% $states.input.is_transcribed %}"), understand)
            .otherwise(extract)
        )

    def _transcribed(self) -> sfn.TaskStateBase:
        """A start that ECS refuses, for want of a host, costs nothing and is tried for long; a
        container that died, or whose host was taken back, is started twice more."""
        state = self._steps.transcribe_speech.state(self, comment="words and speakers, on the GPU")
        add_retry(state, errors=NO_CAPACITY_IN_ECS, attempts=20, interval=30)
        return self._guarded(state, errors=("States.TaskFailed",), attempts=2, interval=10)

    def _acquired(self) -> sfn.TaskStateBase:
        """Waits for a free slot: up to two minutes between two looks, for some days in all."""
        acquire = self._steps.gpu_slots.acquire(self)
        acquire.add_retry(
            errors=[NO_SLOT_IS_FREE],
            max_attempts=2_000,
            interval=Duration.seconds(5),
            backoff_rate=1.5,
            max_delay=Duration.minutes(2),
            jitter_strategy=sfn.JitterType.FULL,
        )
        return self._guarded(acquire, errors=TRANSIENT_IN_DYNAMODB)

    def _released(self, following: sfn.Parallel) -> sfn.TaskStateBase:
        """A slot that cannot be given back is no reason to lose the transcript: the reconciler
        finds it."""
        release = self._steps.gpu_slots.release(self)
        add_retry(release, errors=TRANSIENT_IN_DYNAMODB)
        release.add_catch(following, errors=["States.ALL"], outputs="{% $states.input %}")
        release.next(following)
        return release

    def _summarize_and_index(self) -> sfn.Parallel:
        """Two branches that cannot fail: what goes wrong comes out as a missing part."""
        missing = "{% $merge([$states.input, {'missing': [$states.result.missing]}]) %}"
        both = sfn.Parallel.jsonata(self, "SummarizeAndIndex", outputs=missing)
        for step, name in (
            (Step.SUMMARIZE_TRANSCRIPT, "SummaryMissing"),
            (Step.INDEX_TRANSCRIPT, "IndexMissing"),
        ):
            state = self._lambda_state(step)
            add_retry(state)
            part = {"missing": {"step": step.value, "error": ERROR, "cause": CAUSE}}
            state.add_catch(sfn.Pass.jsonata(self, name), errors=["States.ALL"], outputs=part)
            both.branch(state)
        return both

    def _everything_published(self, success: sfn.TaskStateBase) -> sfn.Choice:
        partial = {
            "job": JOB,
            **{
                name: f"{{% $states.input.missing[0].{name} %}}"
                for name in ("step", "error", "cause")
            },
            "execution_arn": EXECUTION,
            "missing": "{% $states.input.missing %}",
        }
        is_partial = sfn.Condition.jsonata("{% $count($states.input.missing) > 0 %}")
        return (
            sfn.Choice.jsonata(self, "IsAnythingMissing")
            .when(is_partial, self._record_failure, outputs=partial)
            .otherwise(success)
        )

    def _failure_path(self, dead_letters: sqs.IQueue) -> sfn.TaskStateBase:
        """RecordFailure writes the message; if even that fails, a plain one is sent instead."""
        failed = sfn.Fail.jsonata(
            self,
            "JobFailed",
            error="{% $states.input.error %}",
            cause="{% $states.input.cause %}",
        )
        ended = (
            sfn.Choice.jsonata(self, "IsPartial")
            .when(
                sfn.Condition.jsonata("{% $states.input.status = 'PARTIAL' %}"),
                sfn.Succeed.jsonata(self, "JobPartial"),
            )
            .otherwise(failed)
        )
        send = tasks.SqsSendMessage.jsonata(
            self,
            SEND_TO_DEAD_LETTER_QUEUE,
            queue=dead_letters,
            message_body=sfn.TaskInput.from_text("{% $string($states.input.message) %}"),
            task_timeout=sfn.Timeout.duration(SEND_TIMEOUT),
            outputs="{% $states.input %}",
        )
        add_retry(send, errors=TRANSIENT_IN_SQS)
        send.add_catch(failed, errors=["States.ALL"], outputs={"error": ERROR, "cause": CAUSE})
        record = self._lambda_state(Step.RECORD_FAILURE)
        add_retry(record)
        record.add_catch(
            send,
            errors=["States.ALL"],
            outputs={
                "status": "FAILED",
                "error": "{% $states.input.error %}",
                "cause": "{% $states.input.cause %}",
                "message": UNRECORDED_FAILURE,
            },
        )
        send.next(ended)
        is_due = "{% $states.input.status in ['FAILED', 'PARTIAL'] %}"
        record.next(
            sfn.Choice.jsonata(self, "IsDeadLetterDue")
            .when(sfn.Condition.jsonata(is_due), send)
            .otherwise(sfn.Succeed.jsonata(self, "JobCancelled"))
        )
        return record

    def _lambda_state(self, step: Step) -> tasks.LambdaInvoke:
        part = self._steps.lambdas[step]
        grace = Duration.seconds(part.timeout.to_seconds() + GRACE_SECONDS)
        return tasks.LambdaInvoke.jsonata(
            self,
            step,
            lambda_function=part.function,
            payload=sfn.TaskInput.from_text("{% $states.input %}"),
            outputs="{% $states.result.Payload %}",
            retry_on_service_exceptions=False,
            task_timeout=sfn.Timeout.duration(grace),
        )

    def _guarded(
        self,
        state: sfn.TaskStateBase,
        *,
        errors: tuple[str, ...] = TRANSIENT,
        attempts: int = 4,
        interval: int = 2,
    ) -> sfn.TaskStateBase:
        """Retried where that can help, and otherwise recorded with its name."""
        add_retry(state, errors=errors, attempts=attempts, interval=interval)
        return state.add_catch(
            self._record_failure,
            errors=["States.ALL"],
            outputs={
                "job": JOB,
                "step": state.id,
                "error": ERROR,
                "cause": CAUSE,
                "execution_arn": EXECUTION,
            },
        )


def add_retry(
    state: sfn.TaskStateBase,
    *,
    errors: tuple[str, ...] = TRANSIENT,
    attempts: int = 4,
    interval: int = 2,
) -> None:
    state.add_retry(
        errors=list(errors),
        max_attempts=attempts,
        interval=Duration.seconds(interval),
        backoff_rate=2,
        max_delay=Duration.minutes(5),
        jitter_strategy=sfn.JitterType.FULL,
    )


UNRECORDED_FAILURE = (
    "{% $merge([$states.context.Execution.Input, {'status': 'FAILED', 'failure': {"
    "'step': $states.input.step, 'error': $states.input.error,"
    "'cause': $substring($states.input.cause, 0, 1000),"
    "'advice': 'The failure itself could not be recorded: read the execution, then redrive.',"
    "'attempt': $states.context.Execution.Input.attempt,"
    "'execution_arn': $states.context.Execution.Id,"
    "'failed_at': $now(),"
    "'how_to_redrive': 'Move this message back to the ingest queue.'}}]) %}"
)
