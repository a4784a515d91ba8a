"""The entry of each request in the log, from which an alarm learns how long answers take."""

from __future__ import annotations

import re

ANSWERED = "request answered"
"""The message. The entry has the fields `status`, `seconds` and `waits`."""
WAITING = re.compile(r"/v1/ask|/v1/jobs/[^/]+/events")


def waits(path: str) -> bool:
    """Return whether a request takes as long as a job or a vendor's model, not as long as we do."""
    return WAITING.fullmatch(path) is not None
