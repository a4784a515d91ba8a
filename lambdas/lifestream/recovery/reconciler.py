"""Find and repair lost work by comparing S3, the job table, executions and GPU slots.

Any message between two services can get lost, if rarely. A repair that was not needed is harmless.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from lifestream.domain.base import Frozen
from lifestream.domain.bucket_layout import UPLOADS
from lifestream.domain.file_types import EXTENSIONS, extension
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.job_record import JobRecord
from lifestream.recovery.finalizer import ExecutionFinalizer

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Done = Literal["delivered", "finalized", "stopped", "published"]
LOOK_BACK = timedelta(days=14)
"""The retention of the dead-letter queue."""


def ignore(_record: JobRecord) -> None:
    pass


class Reconciled(Frozen):
    """What was repaired, as job ids or execution names.

    delivered: sent to the ingest queue: uploads without a row, and rows without an execution
    finalized: rows that missed the end of their execution, or whose DLQ message was missing
    stopped: executions of cancelled jobs that were still running
    published: rows whose `Job Ended` event was missing
    released: slots of executions that do not run
    containers_stopped: containers whose execution does not run
    """

    delivered: tuple[str, ...] = ()
    finalized: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    released: tuple[str, ...] = ()
    containers_stopped: tuple[str, ...] = ()

    @property
    def repairs(self) -> int:
        return sum(map(len, self.model_dump().values()))


@dataclass(frozen=True)
class Reconciler:
    """Compares and repairs. Changes within `finalizer.grace_period` may still be in progress."""

    s3: S3Client
    bucket: str
    finalizer: ExecutionFinalizer

    def run(
        self, *, see: Callable[[JobRecord], None] = ignore, now: datetime | None = None
    ) -> Reconciled:
        """Compare and repair. `see` gets every row before its repair."""
        now = now or datetime.now(UTC)
        cutoff, horizon = now - self.finalizer.grace_period, now - LOOK_BACK
        found: dict[str, list[str]] = defaultdict(list)
        found["delivered"] += self._deliver_uploads(horizon, cutoff)
        for record in self.finalizer.jobs.since(horizon):
            see(record)
            if record.updated_at <= cutoff and (done := self._repair(record)):
                found[done].append(record.job_id)
        found["containers_stopped"] += self._stop_containers(cutoff)
        found["released"] += self._release_slots()
        return Reconciled.model_validate(found)

    def _deliver_uploads(self, horizon: datetime, cutoff: datetime) -> Iterator[str]:
        for job in self._uploads(horizon, cutoff):
            if self.finalizer.jobs.find(job.job_id) is None:
                self.finalizer.queues.send_processing_job(job)
                yield job.job_id

    def _uploads(self, horizon: datetime, cutoff: datetime) -> Iterator[ProcessingJob]:
        """Yield a job for the latest version of every video. Overwritten versions are left out."""
        pages = self.s3.get_paginator("list_object_versions").paginate(
            Bucket=self.bucket, Prefix=UPLOADS
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

    def _repair(self, record: JobRecord) -> Done | None:
        job = record.job.model_copy(update={"attempt": record.attempt})
        if record.status.is_terminal and not record.needs_dlq_message:
            was_running = record.status == JobStatus.CANCELLED and self._stop(job)
            return "stopped" if was_running else self._publish_end(record)
        execution = self.finalizer.executions.find(job.execution_name)
        if execution is None:
            return self._without_execution(job, record)
        if execution.is_running:
            return None
        self.finalizer.finalize(execution)
        return "finalized"

    def _without_execution(self, job: ProcessingJob, record: JobRecord) -> Done | None:
        """Repair a job that has no execution.

        It was accepted and never started, or it ran so long ago that Step Functions deleted the
        execution.
        """
        if record.status.is_terminal:
            self.finalizer.claims.note_sent(record)
            return None
        self.finalizer.queues.send_processing_job(job)
        return "delivered"

    def _stop(self, job: ProcessingJob) -> bool:
        if not self._is_running(job.execution_name):
            return False
        self.finalizer.executions.stop(job.execution_name, why="the job was cancelled")
        return True

    def _publish_end(self, record: JobRecord) -> Done | None:
        if not record.needs_event:
            return None
        self.finalizer.publish_end(record)
        return "published"

    def _stop_containers(self, cutoff: datetime) -> Iterator[str]:
        for container in self.finalizer.containers.running():
            is_due = container.created_at <= cutoff
            if is_due and not self._is_running(container.execution_name):
                self.finalizer.containers.stop(container, why="its execution does not run")
                yield container.execution_name

    def _release_slots(self) -> Iterator[str]:
        for name in sorted(self.finalizer.slots.holders()):
            if not self._is_running(name):
                self.finalizer.slots.release(name)
                yield name

    def _is_running(self, name: str) -> bool:
        execution = self.finalizer.executions.find(name)
        return execution is not None and execution.is_running
