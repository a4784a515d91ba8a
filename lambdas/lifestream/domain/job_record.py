"""Describe a job as its row in the job table shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from lifestream.domain.job import Failure, JobStatus, ProcessingJob
from lifestream.domain.job_cost import JobCost
from lifestream.domain.options import JobOptions
from lifestream.domain.parts import SwitchedOff
from lifestream.domain.progress import Progress

DLQ_CLAIM = "letter"
EVENT_PUBLISHED = "is_announced"
"""The attribute names of earlier versions, which existing rows use."""
HOLD = "hold"
UNSUCCESSFUL = (JobStatus.FAILED, JobStatus.PARTIAL)


class DlqClaim(BaseModel):
    """A claim on the DLQ message of an attempt, by a sender other than the state machine."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    attempt: int
    state: Literal["sending", "sent"]
    at: datetime


class Hold(BaseModel):
    """A legal hold: the job must not be erased. `by` is whoever asked for it."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    by: str
    at: datetime
    reason: str


class JobRecord(BaseModel):
    """A job as its row in the job table shows it.

    Attributes:
        status: A terminal status (`status.is_terminal`) is final within the attempt.
        current_step: The step that runs, or ran last; None until the first step begins.
        attempt: 1 for the first run. Each redrive adds 1.
        failure: Which step failed, why, and what to do; None unless the job is FAILED or PARTIAL.
        results_prefix: Where the results are published in the bucket; None until they are.
        switched_off: Parts of the results that the deployment does not make, with the reason.
        progress: How far the container is; None in every other step.
        hold: Why the job must not be erased; None if it may be.
        wait_reason: Why the job does not start although its message has arrived; None otherwise.
        admitted_at: When the cap of the day let the attempt start; None without a cap.
        duration_seconds: The length of the recording; None until InspectVideo has ended.
        cost: What the job has cost, over all attempts; None until the latest attempt has ended.
        job: What was uploaded, with the options that came in its message.
        upload_options: The options that came with the upload; None if there are none.

    Unknown attributes of newer versions are ignored. An alias is the name of the attribute in the
    row, which stays as it was first stored.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, defer_build=True)

    job_id: str
    bucket: str
    key: str
    status: JobStatus
    current_step: str | None = None
    attempt: int
    submitted_at: datetime
    updated_at: datetime
    failure: Failure | None = None
    results_prefix: str | None = None
    switched_off: tuple[SwitchedOff, ...] = ()
    dlq_claim: DlqClaim | None = Field(default=None, alias=DLQ_CLAIM)
    is_event_published: bool = Field(default=False, alias=EVENT_PUBLISHED)
    progress: Progress | None = None
    hold: Hold | None = None
    wait_reason: str | None = None
    admitted_at: datetime | None = None
    duration_seconds: float | None = None
    cost: JobCost | None = None
    job: ProcessingJob
    upload_options: JobOptions | None = None

    @property
    def options(self) -> JobOptions:
        """The options that apply. A redrive may bring its own, which win."""
        return self.job.options.or_else(self.upload_options)

    def progress_at(self, now: datetime) -> Progress | None:
        """Return the progress at a moment after it was reported; None if none was reported."""
        passed = (now - self.updated_at).total_seconds()
        return self.progress.after(max(passed, 0.0)) if self.progress else None

    @property
    def needs_dlq_message(self) -> bool:
        """True if the attempt failed or is PARTIAL, and no claim says that the message was sent."""
        claim = self.dlq_claim
        is_sent = claim is not None and (claim.attempt, claim.state) == (self.attempt, "sent")
        return self.status in UNSUCCESSFUL and not is_sent

    @property
    def needs_event(self) -> bool:
        return self.status.is_terminal and not self.is_event_published
