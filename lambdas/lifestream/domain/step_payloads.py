"""What the steps take and return: the job, and what is known about it by then."""

from __future__ import annotations

from lifestream.domain.base import Frozen
from lifestream.domain.causes import Cause
from lifestream.domain.file_types import Container
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.options import JobOptions
from lifestream.domain.parts import MissingPart, SwitchedOff


class WithoutPart(Frozen):
    """The result of a step whose part is switched off."""

    switched_off: SwitchedOff


class Inspection(Frozen):
    """The properties of a usable video, as InspectVideo found them."""

    container: Container
    audio_codec: str
    duration_seconds: float
    size: int
    options: JobOptions


class InspectedJob(ProcessingJob):
    """The job after InspectVideo. `is_transcribed`: its finished transcript exists already."""

    container: Container
    audio_codec: str
    duration_seconds: float
    is_transcribed: bool


class PublishableJob(InspectedJob):
    """The job after the two branches, with the parts that failed or are switched off."""

    missing: tuple[MissingPart, ...] = ()
    switched_off: tuple[SwitchedOff, ...] = ()


class PublishedJob(PublishableJob):
    """The job after PublishResults."""

    published_prefix: str


class FailedStep(Frozen):
    """The input of RecordFailure, from a Catch. With `missing`, the job is PARTIAL, not FAILED.

    `summary` is the state machine's own description of the failure, for people.
    """

    job: ProcessingJob
    step: str
    error: str
    cause: Cause
    summary: str = ""
    execution_arn: str
    missing: tuple[MissingPart, ...] = ()


class DlqMessage(Frozen):
    """The result of RecordFailure. `message` is sent to the dead-letter queue unchanged."""

    status: JobStatus
    error: str
    cause: str
    message: ProcessingJob
