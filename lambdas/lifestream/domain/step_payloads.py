"""What the steps take and return: the job, and what is known about it by then."""

from __future__ import annotations

from lifestream.domain.base import Frozen
from lifestream.domain.causes import Cause
from lifestream.domain.file_types import Container
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.options import JobOptions
from lifestream.domain.parts import MissingPart, SwitchedOff


class WithoutPart(Frozen):
    """What a step returns if its part is switched off."""

    switched_off: SwitchedOff


class Inspection(Frozen):
    """What InspectVideo found out about a usable video."""

    container: Container
    audio_codec: str
    duration_seconds: float
    size: int
    options: JobOptions


class InspectedJob(ProcessingJob):
    """After InspectVideo. `is_transcribed`: a finished transcript of this job exists already."""

    container: Container
    audio_codec: str
    duration_seconds: float
    is_transcribed: bool


class PublishableJob(InspectedJob):
    """After the two branches: the parts that failed, and those that are switched off."""

    missing: tuple[MissingPart, ...] = ()
    switched_off: tuple[SwitchedOff, ...] = ()


class PublishedJob(PublishableJob):
    """After PublishResults."""

    published_prefix: str


class FailedStep(Frozen):
    """What a Catch passes to RecordFailure. With `missing`, the job is PARTIAL and not FAILED.

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
    """What RecordFailure returns. `message` goes to the dead-letter queue as it is."""

    status: JobStatus
    error: str
    cause: str
    message: ProcessingJob
