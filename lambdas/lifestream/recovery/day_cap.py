"""Start no more jobs on a day when its jobs have cost as much as they may."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lifestream.aws.job_table import JobTable
from lifestream.domain.day_cost import DayCost
from lifestream.domain.job import ProcessingJob
from lifestream.domain.prices import Rates

LOOK_BACK = timedelta(days=4)
"""A job may wait for as long, mostly for a GPU slot, and then cost something today."""
REMEMBERED_SECONDS = 60.0
"""A cap that is reached is not computed again for each message that waits."""


@dataclass
class DayCap:
    """A cap on what the jobs of a day (UTC) cost in dollars, at list prices.

    A job that is admitted counts with its estimate until it has ended. The last one may exceed the
    cap, and so may jobs that other dispatchers admit at the same moment.
    """

    jobs: JobTable
    rates: Rates
    max_dollars: float
    _reached_until: float = field(default=0.0, init=False)
    _wait_reason: str = field(default="", init=False)

    def admits(self, job: ProcessingJob) -> bool:
        """Return whether the job may start today. Its row says if it may not, and why.

        A job that was admitted before may always start, because its cost is counted already.
        """
        record = self.jobs.find(job.job_id)
        if record and record.attempt == job.attempt and record.admitted_at:
            return True
        if self._is_reached():
            self.jobs.postpone(job, self._wait_reason)
            return False
        self.jobs.note_admitted(job)
        return True

    def _is_reached(self) -> bool:
        if time.monotonic() < self._reached_until:
            return True
        now = datetime.now(UTC)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        dollars = DayCost(list(self.jobs.since(midnight - LOOK_BACK)), now, self.rates).dollars
        if dollars < self.max_dollars:
            return False
        self._reached_until = time.monotonic() + REMEMBERED_SECONDS
        self._wait_reason = (
            f"the jobs of {now:%d %B} (UTC) cost ${dollars:.2f} so far, and the cap is "
            f"${self.max_dollars:g}. It starts after midnight, or when MAX_DAY_DOLLARS is higher"
        )
        return True
