"""Reconciler: every hour, find and repair work that was lost between two services."""

from __future__ import annotations

from typing import Any

from lifestream import resources
from lifestream.observability import logger


def handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    found = resources.reconciler().run().model_dump(mode="json")
    logger.info("reconciled", extra={name: len(jobs) for name, jobs in found.items()})
    return found
