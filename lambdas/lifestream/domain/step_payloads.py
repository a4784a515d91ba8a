"""What the steps hand to each other: the job, and what is known about it by then."""

from __future__ import annotations

from typing import Literal

from lifestream.domain.base import Frozen
from lifestream.domain.causes import Cause
from lifestream.domain.file_types import Container
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.options import JobOptions


class MissingPart(Frozen):
    """A part of the results that could not be made, although the transcript could."""

    step: str
    error: str
    cause: Cause


class SwitchedOff(Frozen):
    """A part of the results that this deployment does not make, and why: nobody's failure."""

    part: Literal["summary", "index"]
    reason: str


class WithoutPart(Frozen):
    """What a step answers that is switched off."""

    switched_off: SwitchedOff


class Inspection(Frozen):
    """What InspectVideo found out about a video that can be worked on."""

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
    """After the two branches: what could not be made, and what was not asked for."""

    missing: tuple[MissingPart, ...] = ()
    switched_off: tuple[SwitchedOff, ...] = ()


class PublishedJob(PublishableJob):
    """After PublishResults."""

    published_prefix: str


class FailedStep(Frozen):
    """What a Catch hands to RecordFailure; with `missing`, the job is PARTIAL, not FAILED.
    `summary` is what the state machine made of it, for people."""

    job: ProcessingJob
    step: str
    error: str
    cause: Cause
    summary: str = ""
    execution_arn: str
    missing: tuple[MissingPart, ...] = ()


class DlqMessage(Frozen):
    """What RecordFailure hands on; `message` goes to the dead-letter queue as it is."""

    status: JobStatus
    error: str
    cause: str
    message: ProcessingJob
