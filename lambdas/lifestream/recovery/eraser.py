"""Erase jobs: everything that they left behind, in every store.

The record of an open erasure says what to erase. Each run repeats all deletions, so that it also
continues a run that was interrupted. The receipt is written, and the open erasure deleted, when a
second look finds nothing and nothing can be at work any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from lifestream.aws.containers import Container, Containers
from lifestream.aws.erasure_records import ErasureRecords
from lifestream.aws.executions import Executions
from lifestream.aws.job_table import JobTable
from lifestream.domain.base import Frozen
from lifestream.domain.erasure import ErasureRequest, Found, Receipt
from lifestream.engines.vector_index import Passages
from lifestream.recovery.job_contents import JobMessages, JobObjects, Versions, count

AT_ONCE = 100
"""How many erasures share a listing of the index and of the queues."""
LATEST_ATTEMPTS = 10
"""How many attempts may still be at work: an attempt starts only after the one before has ended."""
WHY = "the job is erased"


class Erased(Frozen):
    """Job ids. `open`: those whose steps may still be at work; the next run looks again."""

    erased: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


@dataclass(frozen=True)
class Eraser:
    """`passages`: an index outside the bucket. `grace_period`: how long a step may be at work
    after its execution was stopped."""

    jobs: JobTable
    records: ErasureRecords
    objects: JobObjects
    messages: JobMessages
    passages: Passages | None
    executions: Executions
    containers: Containers
    receipt_key: bytes
    grace_period: timedelta

    def run(self, job_id: str | None = None) -> Erased:
        """Erase one job, or else every job whose erasure is open.

        Raises TransientError or ErasureError if something cannot be deleted now. Then the next run
        continues.
        """
        one = self.records.request(job_id) if job_id else None
        requests = iter([one] if one else []) if job_id else self.records.requests()
        erased: list[str] = []
        still_open: list[str] = []
        while batch := list(islice(requests, AT_ONCE)):
            for request, is_erased in self._erase(batch):
                (erased if is_erased else still_open).append(request.job_id)
        return Erased(erased=tuple(erased), open=tuple(still_open))

    def _erase(self, batch: Sequence[ErasureRequest]) -> Iterator[tuple[ErasureRequest, bool]]:
        running = list(self.containers.running())
        batch = [request for request in batch if self._stop(request, running)]
        is_clear = self.messages.hidden() == 0
        noted = self._note(batch, self.objects.of(batch))
        self.messages.delete([request.job_id for request in batch])
        left = self.objects.of(batch)
        names = {container.execution_name for container in running}
        for request in noted:
            is_quiet = self._is_quiet(request) and names.isdisjoint(_executions(request))
            is_erased = is_clear and is_quiet and not left[request.job_id]
            if is_erased:
                self._finish(request)
            yield request, is_erased

    def _stop(self, request: ErasureRequest, running: Sequence[Container]) -> bool:
        """Stop what works on the job: no step of it begins any more, and no attempt.

        Return False if the job was put on hold since. Then the erasure ends before it has begun.
        """
        if not self.jobs.erase(request.job_id):
            self.records.close(request.job_id)
            return False
        names = _executions(request)
        if request.was_running or not self._is_quiet(request):
            self.executions.stop(names[-1], why=WHY)
        for container in running:
            if container.execution_name in names:
                self.containers.stop(container, why=WHY)
        return True

    def _note(self, batch: Sequence[ErasureRequest], versions: Versions) -> list[ErasureRequest]:
        """Note how much there is, then delete it: after a crash, the note is still right."""
        messages = self.messages.count([request.job_id for request in batch])
        noted: list[ErasureRequest] = []
        for request in batch:
            job_id = request.job_id
            passages = len(self.passages.ids(job_id)) if self.passages else 0
            now = count(versions[job_id], passages=passages, messages=messages[job_id])
            known = self.records.request(job_id) or request  # what another run has noted
            found = Found.largest((request.found, known.found, now))
            noted.append(request.model_copy(update={"found": found}))
            if found != known.found:
                self.records.open(noted[-1])
            self.objects.versions.delete(versions[job_id])
            if self.passages and passages:
                self.passages.remove(job_id)
        return noted

    def _is_quiet(self, request: ErasureRequest) -> bool:
        return datetime.now(UTC) - request.last_active_at >= self.grace_period

    def _finish(self, request: ErasureRequest) -> None:
        if self.records.receipt(request.job_id) is None:
            now = datetime.now(UTC)
            self.records.add(Receipt.of(request, at=now, key=self.receipt_key))
        self.records.close(request.job_id)


def _executions(request: ErasureRequest) -> list[str]:
    """Return the names of the executions of the latest attempts, the last one at the end."""
    last = request.job.attempt
    attempts = range(max(1, last - LATEST_ATTEMPTS + 1), last + 1)
    jobs = (request.job.model_copy(update={"attempt": attempt}) for attempt in attempts)
    return [job.execution_name for job in jobs]
