"""ExecutionEnded: an execution that has ended in; nothing of it left undone, and its end announced,
out.

EventBridge calls it at least once, and in any order.
"""

from __future__ import annotations

from typing import Any

from lifestream.observability import logger
from lifestream.operations import settlement
from lifestream.settings import OperatorSettings, load


def handler(event: dict[str, Any], _context: object) -> None:
    """Raises what AWS raises: Lambda calls again, and the reconciler looks as well."""
    settled = settlement(load(OperatorSettings))
    execution = settled.executions.ended(event["detail"])
    if not execution.is_of_a_job:
        logger.warning("execution without a job ignored", extra={"execution": execution.name})
        return
    settled.settle(execution)
    logger.info(
        "execution settled", extra={"execution": execution.name, "status": execution.status}
    )
