"""Build the state machine that takes an uploaded video to published results or a DLQ message.

InspectVideo ▶ [a slot] ExtractAudio ▶ [a slot] TranscribeSpeech
    ▶ ( SummarizeTranscript | IndexTranscript ) ▶ PublishResults ▶ RecordSuccess
any failure ▶ the failure path: RecordFailure ▶ SendToDeadLetterQueue ▶ JobFailed

If one of the two branches fails, the rest is published, the job ends as PARTIAL, and a DLQ
message is sent as well. No Catch handles an execution that is ended from outside, by an abort or
by the time limit of the state machine: `recovery` finalizes those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk_app import container_retries
from cdk_app.container_retries import retry_container
from cdk_app.container_step import ContainerStep
from cdk_app.failure_path import FailurePath
from cdk_app.guards import CAUSE, ERROR, add_retry, failure_of
from cdk_app.lambda_state import invoke
from cdk_app.lambda_step import LambdaStep
from cdk_app.logs import log_group
from cdk_app.slots import SAME_AS_INPUT, SlotLoop, SlotTable, poll_counter
from lifestream.aws.slots import Pool
from lifestream.step_names import Step

TOTAL_TIMEOUT = Duration.days(10)
"""Longer than all retries and waits together, shorter than the retention of artifacts."""
TRANSIENT_IN_DYNAMODB = ("States.TaskFailed", "States.Timeout")
COUNTERS = {**container_retries.COUNTERS, **{poll_counter(pool): 0 for pool in Pool}}


@dataclass(frozen=True)
class Steps:
    """The constructs of all steps, and the slots that they use."""

    lambdas: Mapping[Step, LambdaStep]
    transcribe_speech: ContainerStep
    slots: SlotTable


class Workflow(Construct):
    """Exposes `state_machine`."""

    def __init__(
        self, scope: Construct, construct_id: str, *, steps: Steps, dead_letter_queue: sqs.IQueue
    ) -> None:
        super().__init__(scope, construct_id)
        self._steps = steps
        self._failure = FailurePath(
            self,
            record_failure=steps.lambdas[Step.RECORD_FAILURE],
            dead_letter_queue=dead_letter_queue,
        )
        self.state_machine = sfn.StateMachine(
            self,
            "StateMachine",
            definition_body=sfn.DefinitionBody.from_chainable(self._flow()),
            query_language=sfn.QueryLanguage.JSONATA,
            comment="Turn a video into a transcript, a summary, subtitles and search",
            timeout=TOTAL_TIMEOUT,
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=log_group(self),
                level=sfn.LogLevel.ALL,
                include_execution_data=False,
            ),
        )

    def _flow(self) -> sfn.IChainable:
        """Create the states in the order in which a video passes through them, then connect
        them."""
        inspect = self._lambda_state(Step.INSPECT_VIDEO, assign=COUNTERS)
        extraction_slot = self._acquire_slot(Pool.EXTRACTION)
        extract = self._lambda_state(Step.EXTRACT_AUDIO)
        gpu_slot = self._acquire_slot(Pool.GPU)
        transcribe = self._transcribe()
        summarize_and_index = self._summarize_and_index()
        publish = self._lambda_state(Step.PUBLISH_RESULTS)

        inspect.next(self._if_transcribed(summarize_and_index, otherwise=extraction_slot.first))
        extraction_slot.acquired.next(extract)
        extract.next(self._release_slot(extraction_slot, then=gpu_slot.first))
        gpu_slot.acquired.next(transcribe)
        transcribe.next(self._release_slot(gpu_slot, then=summarize_and_index))
        summarize_and_index.next(publish).next(self._succeed_unless_anything_is_missing())
        return inspect

    def _if_transcribed(self, then: sfn.IChainable, *, otherwise: sfn.IChainable) -> sfn.Choice:
        is_transcribed = sfn.Condition.jsonata("{% $states.input.is_transcribed %}")
        choice = sfn.Choice.jsonata(
            self, "IsTranscribed", comment="Does the transcript exist already?"
        )
        return choice.when(is_transcribed, then).otherwise(otherwise)

    def _acquire_slot(self, pool: Pool) -> SlotLoop:
        return SlotLoop(
            self,
            pool,
            slots=self._steps.slots,
            guard=self._guard_dynamodb,
            on_timeout=self._failure.first,
        )

    def _transcribe(self) -> sfn.TaskStateBase:
        part = self._steps.transcribe_speech
        state = part.state(self, comment=f"Transcribe words and speakers on a {part.host}")
        return retry_container(self, state, host=part.host, on_failure=self._failure.first)

    def _release_slot(self, slot: SlotLoop, *, then: sfn.State | sfn.Parallel) -> sfn.State:
        """Release the slot. If that fails, the job continues; the reconciler frees the slot."""
        release = slot.release()
        add_retry(release, errors=TRANSIENT_IN_DYNAMODB)
        release.add_catch(then, errors=["States.ALL"], outputs=SAME_AS_INPUT)
        release.next(then)
        return release

    def _summarize_and_index(self) -> sfn.Parallel:
        """Summarize and index in parallel. A branch does not fail: its error is recorded as a
        missing part."""
        names = ("missing", "switched_off")
        parts = ", ".join(f"'{name}': [$states.result.{name}]" for name in names)
        both = sfn.Parallel.jsonata(
            self,
            "SummarizeAndIndex",
            comment="Summarize and index the transcript in parallel",
            outputs=f"{{% $merge([$states.input, {{{parts}}}]) %}}",
        )
        both.branch(self._branch(Step.SUMMARIZE_TRANSCRIPT, or_else="SummaryMissing"))
        both.branch(self._branch(Step.INDEX_TRANSCRIPT, or_else="IndexMissing"))
        return both

    def _branch(self, step: Step, *, or_else: str) -> sfn.TaskStateBase:
        missing = sfn.Pass.jsonata(self, or_else, comment="Continue without it: the job is PARTIAL")
        part = {"missing": {"step": step.value, "error": ERROR, "cause": CAUSE}}
        state = invoke(self, step, self._steps.lambdas[step])
        return state.add_catch(missing, errors=["States.ALL"], outputs=part)

    def _succeed_unless_anything_is_missing(self) -> sfn.Choice:
        first = {
            name: f"{{% $states.input.missing[0].{name} %}}" for name in ("step", "error", "cause")
        }
        partial = failure_of("") | first | {"missing": "{% $states.input.missing %}"}
        is_partial = sfn.Condition.jsonata("{% $count($states.input.missing) > 0 %}")
        return (
            sfn.Choice.jsonata(self, "IsAnythingMissing", comment="Did both branches succeed?")
            .when(is_partial, self._failure.first, outputs=partial)
            .otherwise(self._lambda_state(Step.RECORD_SUCCESS))
        )

    def _lambda_state(
        self, step: Step, *, assign: Mapping[str, object] | None = None
    ) -> sfn.TaskStateBase:
        state = invoke(self, step, self._steps.lambdas[step], assign=assign)
        return self._catch(state, step)

    def _guard_dynamodb(self, state: sfn.TaskStateBase) -> sfn.TaskStateBase:
        add_retry(state, errors=TRANSIENT_IN_DYNAMODB)
        return self._catch(state, state.id)

    def _catch(self, state: sfn.TaskStateBase, name: str) -> sfn.TaskStateBase:
        outputs = failure_of(name)
        return state.add_catch(self._failure.first, errors=["States.ALL"], outputs=outputs)
