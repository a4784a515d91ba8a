"""Eraser: erase the jobs whose erasure is open. Runs when somebody asks, and every hour.

What a run leaves undone stays on record, and the next run continues it. An error raises the
alarm of the function.
"""

from __future__ import annotations

from typing import Any

from lifestream import resources
from lifestream.observability import logger


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """`event`: `job_id`, or anything else for all jobs."""
    done = resources.eraser().run(event.get("job_id")).model_dump(mode="json")
    logger.info("erased", extra={name: len(jobs) for name, jobs in done.items()})
    return done
