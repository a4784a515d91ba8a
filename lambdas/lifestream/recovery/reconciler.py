"""Bucket, rows, executions and slots in; what does not fit together goes on, out.

Every message between two services can get lost once in a million times. Here is compared what
there is with what there should be; everything done about it is harmless when it was not needed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from lifestream.aws.job_table import JobRecord
from lifestream.domain.base import Frozen
from lifestream.domain.file_types import EXTENSIONS, extension
from lifestream.domain.job import UPLOADS_PREFIX, JobStatus, ProcessingJob
from lifestream.recovery.finalizer import Settlement

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Done = Literal["delivered", "settled", "stopped", "announced"]
LOOK_BACK = timedelta(days=14)
"""As long as a dead letter is kept."""


class Reconciled(Frozen):
    """Job ids, or execution names, by what was done about them."""

    delivered: tuple[str, ...] = ()
    """Sent to the ingest queue: uploads without a row, and rows without an execution."""
    settled: tuple[str, ...] = ()
    """Rows that had missed the end of their execution, or whose dead letter was missing."""
    stopped: tuple[str, ...] = ()
    """Executions of cancelled jobs that still ran."""
    announced: tuple[str, ...] = ()
    """Rows whose end had not been told to anybody."""
    released: tuple[str, ...] = ()
    """Slots of executions that do not run."""
    containers_stopped: tuple[str, ...] = ()
    """Executions that do not run and whose container did."""


@dataclass(frozen=True)
class Reconciliation:
    """`settlement.patience`: what is younger is left alone, because it may be on its way."""

    s3: S3Client
    bucket: str
    settlement: Settlement

    def run(self) -> Reconciled:
        now = datetime.now(UTC)
        cutoff, horizon = now - self.settlement.patience, now - LOOK_BACK
        found: dict[str, list[str]] = defaultdict(list)
        found["delivered"] += self._deliver_uploads(horizon, cutoff)
        for record in self.settlement.jobs.since(horizon):
            if record.updated_at <= cutoff and (done := self._look_after(record)):
                found[done].append(record.job_id)
        found["containers_stopped"] += self._stop_containers(cutoff)
        found["released"] += self._release_slots()
        return Reconciled.model_validate(found)

    def _deliver_uploads(self, horizon: datetime, cutoff: datetime) -> Iterator[str]:
        for job in self._uploads(horizon, cutoff):
            if self.settlement.jobs.find(job.job_id) is None:
                self.settlement.queues.send_processing_job(job)
                yield job.job_id

    def _uploads(self, horizon: datetime, cutoff: datetime) -> Iterator[ProcessingJob]:
        """The latest version of every video. What was overwritten is worth no work any more."""
        pages = self.s3.get_paginator("list_object_versions").paginate(
            Bucket=self.bucket, Prefix=UPLOADS_PREFIX
        )
        for version in (version for page in pages for version in page.get("Versions", ())):
            is_video = extension(version["Key"]) in EXTENSIONS
            is_due = horizon <= version["LastModified"] <= cutoff
            if version["IsLatest"] and is_video and is_due:
                yield ProcessingJob.for_upload(
                    bucket=self.bucket,
                    key=version["Key"],
                    version_id=version["VersionId"],
                    etag=version["ETag"].strip('"'),
                    size=version["Size"],
                    submitted_at=version["LastModified"],
                )

    def _look_after(self, record: JobRecord) -> Done | None:
        job = record.job.model_copy(update={"attempt": record.attempt})
        if record.status.is_terminal and not record.needs_letter:
            was_running = record.status == JobStatus.CANCELLED and self._stop(job)
            return "stopped" if was_running else self._announce(record)
        execution = self.settlement.executions.find(job.execution_name)
        if execution is None:
            return self._without_execution(job, record)
        if execution.is_running:
            return None
        self.settlement.settle(execution)
        return "settled"

    def _without_execution(self, job: ProcessingJob, record: JobRecord) -> Done | None:
        """Accepted but never started; or so long ago that Step Functions has forgotten it."""
        if record.status.is_terminal:
            self.settlement.jobs.note_letter_sent(record)
            return None
        self.settlement.queues.send_processing_job(job)
        return "delivered"

    def _stop(self, job: ProcessingJob) -> bool:
        if not self._is_running(job.execution_name):
            return False
        self.settlement.executions.stop(job.execution_name, why="the job was cancelled")
        return True

    def _announce(self, record: JobRecord) -> Done | None:
        if not record.needs_announcement:
            return None
        self.settlement.announce(record)
        return "announced"

    def _stop_containers(self, cutoff: datetime) -> Iterator[str]:
        for container in self.settlement.containers.running():
            is_due = container.created_at <= cutoff
            if is_due and not self._is_running(container.execution_name):
                self.settlement.containers.stop(container, why="its execution does not run")
                yield container.execution_name

    def _release_slots(self) -> Iterator[str]:
        for name in sorted(self.settlement.slots.holders()):
            if not self._is_running(name):
                self.settlement.slots.release(name)
                yield name

    def _is_running(self, name: str) -> bool:
        execution = self.settlement.executions.find(name)
        return execution is not None and execution.is_running
