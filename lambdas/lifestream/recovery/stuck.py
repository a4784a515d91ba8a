"""Measure what is stuck: jobs that wait, containers past their time limit, hosts without work."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lifestream.aws.containers import Containers
from lifestream.domain.job import JobStatus
from lifestream.domain.job_record import JobRecord
from lifestream.domain.metrics import Metric

WAITING = (JobStatus.INSPECTING, JobStatus.WAITING_FOR_GPU)
"""A job that waits for a slot to extract its audio is INSPECTING."""
IDLE_AFTER = timedelta(hours=1)


@dataclass
class StuckWork:
    """Looks at the containers when it is created, before any is stopped; `see` adds each row.

    container_seconds: the time limit of a container; None means that no limit is known
    """

    containers: Containers
    container_seconds: float | None
    now: datetime
    longest_wait_seconds: float = field(default=0.0, init=False)
    recent_jobs: int = field(default=0, init=False)
    """Jobs that changed within the last hour. Each may be why one host is still there."""
    overdue_containers: tuple[str, ...] = field(init=False)
    idle_hosts: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.overdue_containers = tuple(self._overdue())
        self.idle_hosts = tuple(self.containers.idle_hosts(self.now - IDLE_AFTER))

    def see(self, record: JobRecord) -> None:
        self.recent_jobs += record.updated_at > self.now - IDLE_AFTER
        if record.status in WAITING:
            waited = (self.now - record.updated_at).total_seconds()
            self.longest_wait_seconds = max(self.longest_wait_seconds, waited)

    @property
    def metrics(self) -> dict[Metric, float]:
        """Return what is not zero: a metric that has no value costs nothing."""
        values = {
            Metric.LONGEST_WAIT_SECONDS: self.longest_wait_seconds,
            Metric.OVERDUE_CONTAINERS: len(self.overdue_containers),
            Metric.IDLE_HOSTS: max(len(self.idle_hosts) - self.recent_jobs, 0),
        }
        return {metric: value for metric, value in values.items() if value}

    def _overdue(self) -> list[str]:
        if self.container_seconds is None:
            return []
        limit = self.now - timedelta(seconds=self.container_seconds)
        return [c.execution_name for c in self.containers.running() if c.created_at <= limit]
