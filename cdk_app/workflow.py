"""The state machine: the flow from an uploaded video to published results or a DLQ message.

InspectVideo ▶ [a slot] ExtractAudio ▶ [a slot] TranscribeSpeech
    ▶ ( SummarizeTranscript | IndexTranscript ) ▶ PublishResults ▶ RecordSuccess
any failure ▶ RecordFailure (and release the slots) ▶ SendToDeadLetterQueue ▶ JobFailed

A failure in one of the two branches leaves a part missing: the rest is published, the job ends
PARTIAL, and the same DLQ message is sent. What ends an execution from outside (an abort, the
limit of the whole machine) no Catch sees: that is `recovery`' part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from cdk_app import container_retries
from cdk_app.container_retries import retry_container
from cdk_app.container_step import ContainerStep
from cdk_app.guards import CAUSE, ERROR, add_retry, failure_of, retry_lambda
from cdk_app.lambda_step import LambdaStep
from cdk_app.logs import log_group
from cdk_app.slots import SAME_AS_INPUT, SlotLoop, SlotTable, looks_of
from lifestream.aws.slots import Pool
from lifestream.step_names import SEND_TO_DEAD_LETTER_QUEUE, Step

TOTAL_TIMEOUT = Duration.days(10)
"""Longer than all retries and waits together, shorter than artifacts are kept."""
SEND_TIMEOUT = Duration.seconds(60)
GRACE_SECONDS = 10
TRANSIENT_IN_DYNAMODB = ("States.TaskFailed", "States.Timeout")
# Only where SQS itself says no: a lost answer tried again would be a second DLQ message. What
# is left in doubt is settled after the end (lifestream.recovery.finalizer).
TRANSIENT_IN_SQS = ("SQS.AmazonSQSException",)
COUNTERS = {**container_retries.COUNTERS, **{looks_of(pool): 0 for pool in Pool}}
COMMENTS = {
    Step.INSPECT_VIDEO: "What is it, and can it be worked on?",
    Step.EXTRACT_AUDIO: "Write its audio as mono 16 kHz FLAC",
    Step.SUMMARIZE_TRANSCRIPT: "Summarize it; every statement quotes the transcript",
    Step.INDEX_TRANSCRIPT: "Make its passages searchable",
    Step.PUBLISH_RESULTS: "Write the files that people use",
    Step.RECORD_SUCCESS: "The job table says SUCCEEDED",
    Step.RECORD_FAILURE: "The job table says what failed; give back the slots",
}


@dataclass(frozen=True)
class Steps:
    """Every step of the flow, as a construct."""

    lambdas: Mapping[Step, LambdaStep]
    transcribe_speech: ContainerStep
    slots: SlotTable


class Workflow(Construct):
    """`state_machine`."""

    def __init__(
        self, scope: Construct, construct_id: str, *, steps: Steps, dead_letter_queue: sqs.IQueue
    ) -> None:
        super().__init__(scope, construct_id)
        self._steps = steps
        self._record_failure = self._failure_path(dead_letter_queue)
        self.state_machine = sfn.StateMachine(
            self,
            "StateMachine",
            definition_body=sfn.DefinitionBody.from_chainable(self._flow()),
            query_language=sfn.QueryLanguage.JSONATA,
            comment="A video in, a transcript, a summary, subtitles and search out",
            timeout=TOTAL_TIMEOUT,
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=log_group(self),
                level=sfn.LogLevel.ALL,
                include_execution_data=False,
            ),
        )

    def _flow(self) -> sfn.IChainable:
        understand = self._summarize_and_index()
        publish = self._lambda_state(Step.PUBLISH_RESULTS)
        understand.next(publish).next(self._everything_published())
        transcribe = self._with_slot(Pool.GPU, self._transcribed(), then=understand)
        extract = self._with_slot(
            Pool.EXTRACTION, self._lambda_state(Step.EXTRACT_AUDIO), then=transcribe
        )
        inspect = self._lambda_state(Step.INSPECT_VIDEO, assign=COUNTERS)
        return inspect.next(
            sfn.Choice.jsonata(self, "IsTranscribed", comment="Is its transcript there already?")
            .when(sfn.Condition.jsonata("{% $states.input.is_transcribed %}"), understand)
            .otherwise(extract)
        )

    def _transcribed(self) -> sfn.TaskStateBase:
        part = self._steps.transcribe_speech
        state = part.state(self, comment=f"Words and speakers, on a {part.host}")
        return retry_container(self, state, host=part.host, gave_up=self._record_failure)

    def _with_slot(
        self, pool: Pool, work: sfn.TaskStateBase, *, then: sfn.State | sfn.Parallel
    ) -> sfn.State:
        """A slot that cannot be given back is no reason to lose the work: the reconciler finds
        it."""
        loop = SlotLoop(
            self,
            pool,
            slots=self._steps.slots,
            guard=lambda state: self._guarded(state, errors=TRANSIENT_IN_DYNAMODB),
            gave_up=self._record_failure,
        )
        release = loop.release()
        add_retry(release, errors=TRANSIENT_IN_DYNAMODB)
        release.add_catch(then, errors=["States.ALL"], outputs=SAME_AS_INPUT)
        loop.acquired.next(work)
        work.next(release).next(then)
        return loop.first

    def _summarize_and_index(self) -> sfn.Parallel:
        """Two branches that cannot fail: what goes wrong comes out as a missing part."""
        names = ("missing", "switched_off")
        parts = ", ".join(f"'{name}': [$states.result.{name}]" for name in names)
        both = sfn.Parallel.jsonata(
            self,
            "SummarizeAndIndex",
            comment="Both work on the transcript, side by side",
            outputs=f"{{% $merge([$states.input, {{{parts}}}]) %}}",
        )
        for step, name in (
            (Step.SUMMARIZE_TRANSCRIPT, "SummaryMissing"),
            (Step.INDEX_TRANSCRIPT, "IndexMissing"),
        ):
            missing = sfn.Pass.jsonata(self, name, comment="Go on without it; the job is PARTIAL")
            part = {"missing": {"step": step.value, "error": ERROR, "cause": CAUSE}}
            both.branch(self._invoke(step).add_catch(missing, errors=["States.ALL"], outputs=part))
        return both

    def _everything_published(self) -> sfn.Choice:
        first = {
            name: f"{{% $states.input.missing[0].{name} %}}" for name in ("step", "error", "cause")
        }
        partial = failure_of("") | first | {"missing": "{% $states.input.missing %}"}
        is_partial = sfn.Condition.jsonata("{% $count($states.input.missing) > 0 %}")
        return (
            sfn.Choice.jsonata(self, "IsAnythingMissing", comment="Did both branches succeed?")
            .when(is_partial, self._record_failure, outputs=partial)
            .otherwise(self._lambda_state(Step.RECORD_SUCCESS))
        )

    def _failure_path(self, dead_letter_queue: sqs.IQueue) -> sfn.TaskStateBase:
        """RecordFailure writes the message; if even that fails, a plain one is sent instead."""
        failed = sfn.Fail.jsonata(
            self,
            "JobFailed",
            comment="Its DLQ message says why, and runs it again when it is moved back",
            error="{% $states.input.error %}",
            cause="{% $states.input.cause %}",
        )
        send = self._send(dead_letter_queue)
        send.add_catch(failed, errors=["States.ALL"], outputs={"error": ERROR, "cause": CAUSE})
        send.next(self._ended(failed))
        record = self._invoke(Step.RECORD_FAILURE)
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
        is_due = "{% $states.input.status in ['FAILED', 'PARTIAL'] %}"
        cancelled = sfn.Succeed.jsonata(self, "JobCancelled", comment="Nobody waits for it")
        record.next(
            sfn.Choice.jsonata(self, "IsDeadLetterDue", comment="A cancelled job needs no message")
            .when(sfn.Condition.jsonata(is_due), send)
            .otherwise(cancelled)
        )
        return record

    def _ended(self, failed: sfn.Fail) -> sfn.Choice:
        partial = sfn.Succeed.jsonata(self, "JobPartial", comment="What could be made is published")
        return (
            sfn.Choice.jsonata(self, "IsPartial", comment="Are there results nevertheless?")
            .when(sfn.Condition.jsonata("{% $states.input.status = 'PARTIAL' %}"), partial)
            .otherwise(failed)
        )

    def _send(self, dead_letter_queue: sqs.IQueue) -> tasks.SqsSendMessage:
        send = tasks.SqsSendMessage.jsonata(
            self,
            SEND_TO_DEAD_LETTER_QUEUE,
            comment="The whole job and what failed: enough to run it again",
            queue=dead_letter_queue,
            message_body=sfn.TaskInput.from_text("{% $string($states.input.message) %}"),
            task_timeout=sfn.Timeout.duration(SEND_TIMEOUT),
            outputs=SAME_AS_INPUT,
        )
        add_retry(send, errors=TRANSIENT_IN_SQS)
        return send

    def _lambda_state(
        self, step: Step, *, assign: Mapping[str, object] | None = None
    ) -> sfn.TaskStateBase:
        state = self._invoke(step, assign=assign)
        return state.add_catch(
            self._record_failure, errors=["States.ALL"], outputs=failure_of(step)
        )

    def _invoke(
        self, step: Step, *, assign: Mapping[str, object] | None = None
    ) -> tasks.LambdaInvoke:
        part = self._steps.lambdas[step]
        grace = Duration.seconds(part.timeout.to_seconds() + GRACE_SECONDS)
        state = tasks.LambdaInvoke.jsonata(
            self,
            step,
            comment=COMMENTS[step],
            lambda_function=part.function,
            payload=sfn.TaskInput.from_text("{% $states.input %}"),
            outputs="{% $states.result.Payload %}",
            assign=assign,
            retry_on_service_exceptions=False,
            task_timeout=sfn.Timeout.duration(grace),
        )
        retry_lambda(state)
        return state

    def _guarded(self, state: sfn.TaskStateBase, *, errors: Sequence[str]) -> sfn.TaskStateBase:
        """Retried where that can help, and otherwise recorded with its name."""
        add_retry(state, errors=errors)
        return state.add_catch(
            self._record_failure, errors=["States.ALL"], outputs=failure_of(state.id)
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
