"""Reconciler: every hour, find and repair work that was lost between two services."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lifestream import resources
from lifestream.domain.job import job_id_in
from lifestream.domain.metrics import Metric
from lifestream.observability import emit, logger
from lifestream.recovery.reconciler import Reconciled, Reconciler
from lifestream.recovery.stuck import StuckWork


def handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    now = datetime.now(UTC)
    return reconcile(resources.reconciler(), resources.stuck_work(now=now)).model_dump(mode="json")


def reconcile(reconciler: Reconciler, stuck: StuckWork) -> Reconciled:
    """Repair, and measure the repairs and what is stuck. A run that finds nothing measures nothing,
    so that an idle deployment has no metric to pay for."""
    found = reconciler.run(see=stuck.see, now=stuck.now)
    for repair, names in found.model_dump().items():
        for name in names:
            logger.warning("repaired", extra={"repair": repair, "job_id": job_id_in(name)})
    counts = {name: len(jobs) for name, jobs in found.model_dump().items()}
    logger.info("reconciled", extra=counts)
    repairs = {Metric.REPAIRS: found.repairs} if found.repairs else {}
    if values := repairs | stuck.metrics:
        emit(values)
    return found
