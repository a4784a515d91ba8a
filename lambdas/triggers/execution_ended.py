"""ExecutionEnded: finalize an execution when EventBridge reports that it has ended.

EventBridge delivers at least once, and in any order.
"""

from __future__ import annotations

from typing import Any

from lifestream import resources
from lifestream.observability import logger


def handler(event: dict[str, Any], _context: object) -> None:
    """Raises the errors of AWS: Lambda retries, and the reconciler repairs what is left."""
    logger.append_keys(job_id=None)  # the process may have worked on another job
    finalizer = resources.finalizer()
    execution = finalizer.executions.ended(event["detail"])
    if not execution.has_job:
        logger.warning("execution without a job ignored", extra={"execution": execution.name})
        return
    logger.append_keys(job_id=execution.job.job_id)
    finalizer.finalize(execution)
    logger.info(
        "execution finalized", extra={"execution": execution.name, "status": execution.status}
    )
