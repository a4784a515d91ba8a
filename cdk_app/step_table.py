"""List the resources and permissions of each Lambda step, in the order of the pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aws_cdk import Duration, Size

from cdk_app.bundling import Requirements
from cdk_app.config import Config
from lifestream.aws.job_attributes import (
    WRITTEN_BY_A_STEP,
    WRITTEN_BY_FAILURE,
    WRITTEN_BY_INSPECTION,
    WRITTEN_BY_SUCCESS,
)
from lifestream.domain.bucket_layout import (
    INDEX,
    PUBLISHED_NAMES,
    RESULTS,
    VOICEPRINTS,
    artifacts_of_step,
)
from lifestream.step_names import Step


@dataclass(frozen=True)
class LambdaStepSpec:
    """The resources and permissions of one step.

    comment: shown in the Step Functions console
    settings: returns the environment variables that depend on the deployment's switches
    reads, writes: prefixes of object keys in the bucket
    row_attributes: the attributes of job rows that the step may write
    """

    comment: str
    timeout: Duration
    disk: Size | None = None
    requirements: Requirements = Requirements.BASE
    settings: Callable[[Config], dict[str, str]] = lambda _: {}
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    reads_uploads: bool = False
    lists_uploads: bool = False
    uses_api_keys: bool = False
    releases_slots: bool = False
    row_attributes: frozenset[str] = WRITTEN_BY_A_STEP


def _artifacts(*steps: Step) -> tuple[str, ...]:
    return tuple(map(artifacts_of_step, steps))


LAMBDA_STEPS: Mapping[Step, LambdaStepSpec] = {
    Step.INSPECT_VIDEO: LambdaStepSpec(
        "Check that the file is a video that can be processed",
        timeout=Duration.minutes(2),
        requirements=Requirements.MEDIA,
        settings=lambda config: config.speech_environment | config.cost_environment,
        reads=_artifacts(Step.INSPECT_VIDEO, Step.TRANSCRIBE_SPEECH),
        writes=_artifacts(Step.INSPECT_VIDEO),
        reads_uploads=True,
        row_attributes=WRITTEN_BY_INSPECTION,
    ),
    Step.EXTRACT_AUDIO: LambdaStepSpec(
        "Extract the audio as mono 16 kHz FLAC",
        timeout=Duration.minutes(15),
        disk=Size.gibibytes(5),
        requirements=Requirements.MEDIA,
        reads=_artifacts(Step.EXTRACT_AUDIO),
        writes=_artifacts(Step.EXTRACT_AUDIO),
        reads_uploads=True,
    ),
    Step.SUMMARIZE_TRANSCRIPT: LambdaStepSpec(
        "Summarize the transcript; every statement has a quote",
        timeout=Duration.minutes(15),
        requirements=Requirements.SUMMARY,
        settings=lambda config: {"OPENAI_MODEL": config.openai_model, **config.summary},
        reads=_artifacts(Step.TRANSCRIBE_SPEECH, Step.SUMMARIZE_TRANSCRIPT),
        writes=_artifacts(Step.SUMMARIZE_TRANSCRIPT),
        uses_api_keys=True,
    ),
    Step.INDEX_TRANSCRIPT: LambdaStepSpec(
        "Add the transcript to the search index",
        timeout=Duration.minutes(15),
        requirements=Requirements.INDEX,
        settings=lambda config: config.index,
        reads=_artifacts(Step.TRANSCRIBE_SPEECH, Step.INDEX_TRANSCRIPT),
        writes=(*_artifacts(Step.INDEX_TRANSCRIPT), INDEX),
        lists_uploads=True,
        uses_api_keys=True,
    ),
    Step.PUBLISH_RESULTS: LambdaStepSpec(
        "Write the result files",
        timeout=Duration.minutes(5),
        settings=lambda config: config.speech_environment,
        reads=(
            *_artifacts(Step.TRANSCRIBE_SPEECH, Step.SUMMARIZE_TRANSCRIPT, Step.INDEX_TRANSCRIPT),
            VOICEPRINTS,
        ),
        writes=(RESULTS, PUBLISHED_NAMES),
    ),
    Step.RECORD_SUCCESS: LambdaStepSpec(
        "Record SUCCEEDED in the job table",
        timeout=Duration.seconds(60),
        row_attributes=WRITTEN_BY_SUCCESS,
    ),
    Step.RECORD_FAILURE: LambdaStepSpec(
        "Record the failure in the job table and release the slots",
        timeout=Duration.seconds(60),
        reads=_artifacts(Step.TRANSCRIBE_SPEECH),
        releases_slots=True,
        row_attributes=WRITTEN_BY_FAILURE,
    ),
}
CONTAINER_READS = _artifacts(Step.INSPECT_VIDEO, Step.EXTRACT_AUDIO, Step.TRANSCRIBE_SPEECH)
