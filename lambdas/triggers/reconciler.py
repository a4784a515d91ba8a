"""Reconciler: on a schedule; whatever got lost between two services is found and goes on."""

from __future__ import annotations

from typing import Any

from lifestream.observability import logger
from lifestream.operations import reconciliation
from lifestream.settings import OperatorSettings, load


def handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    found = reconciliation(load(OperatorSettings)).run().model_dump(mode="json")
    logger.info("reconciled", extra={name: len(jobs) for name, jobs in found.items()})
    return found
