"""What the log and the metrics need to know about a request from its path."""

from __future__ import annotations

import re

WAITING = re.compile(r"/v1/ask|/v1/jobs/[^/]+/events")

JOB = re.compile(r"/v1/jobs/([0-9a-f]{32})(/.*)?")


def job_in(path: str) -> str | None:
    """Return the id of the job that a request is about."""
    found = JOB.fullmatch(path)
    return found[1] if found else None


def waits(path: str) -> bool:
    """Return whether a request takes as long as a job or a vendor's model, not as long as we do."""
    return WAITING.fullmatch(path) is not None
