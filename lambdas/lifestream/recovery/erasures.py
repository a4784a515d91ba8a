"""Plan erasures and ask for them. The eraser does the work (lifestream.recovery.eraser)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from lifestream.aws.erasure_records import ErasureRecords
from lifestream.aws.job_table import JobTable
from lifestream.aws.object_versions import StoredVersion
from lifestream.domain.erasure import ErasureRequest, Found, Receipt
from lifestream.domain.job_record import JobRecord
from lifestream.errors import JobHeldError
from lifestream.recovery.job_contents import JobObjects, count


@dataclass(frozen=True)
class Erasures:
    jobs: JobTable
    records: ErasureRecords
    objects: JobObjects

    def plan(self, record: JobRecord) -> Found:
        """Return what the bucket holds about a job. Nothing is changed."""
        return count(self.objects_of(record), passages=0, messages=0)

    def objects_of(self, record: JobRecord) -> list[StoredVersion]:
        request = request_of(record, by="", at=datetime.now(UTC))
        return self.objects.of([request])[record.job_id]

    def ask(self, record: JobRecord, *, by: str) -> None:
        """Ask for an erasure. The job disappears from the job table at once.

        The open erasure is written first: whatever happens then, the eraser finishes it. If another
        attempt of the job begins meanwhile, that one is erased. Raises JobHeldError.
        """
        current: JobRecord | None = record
        while current:
            if current.hold:
                self.records.close(current.job_id)
                raise JobHeldError(
                    f"job {current.job_id} is on hold since {current.hold.at:%Y-%m-%d}: "
                    f"{current.hold.reason}"
                )
            self.records.open(request_of(current, by=by, at=datetime.now(UTC)))
            if self.jobs.erase(current.job_id, attempt=current.attempt):
                return
            current = self.jobs.find(record.job_id)

    def state(self, job_id: str) -> ErasureRequest | Receipt | None:
        """Return the erasure of a job: still open, or its receipt, or None if nobody asked."""
        return self.records.receipt(job_id) or self.records.request(job_id)


def request_of(record: JobRecord, *, by: str, at: datetime) -> ErasureRequest:
    is_running = not record.status.is_terminal
    return ErasureRequest(
        job=record.job.model_copy(update={"attempt": record.attempt, "failure": None}),
        results_prefix=record.results_prefix,
        requested_at=at,
        requested_by=by,
        was_running=is_running,
        last_active_at=at if is_running else record.updated_at,
    )
