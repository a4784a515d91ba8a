"""Turn the failure causes that AWS reports into readable text."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BeforeValidator

MAX_CAUSE_CHARACTERS = 1_000


def readable_cause(cause: str) -> str:
    """Return the cause in at most 1,000 characters.

    Lambda's cause is JSON around the message; that of ECS is a whole task description.
    """
    try:
        details = json.loads(cause)
    except ValueError:
        return cause[:MAX_CAUSE_CHARACTERS]
    if not isinstance(details, dict):
        return cause[:MAX_CAUSE_CHARACTERS]
    text = details.get("errorMessage") or _why_stopped(details) or cause
    return str(text)[:MAX_CAUSE_CHARACTERS]


Cause = Annotated[str, BeforeValidator(readable_cause)]


def _why_stopped(task: dict[str, Any]) -> str:
    """Return the reasons of a stopped ECS task and its containers; empty if it is no task.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html
    """
    reason = str(task.get("StoppedReason") or "")
    for container in task.get("Containers") or ():
        if container.get("ExitCode"):
            reason += f" (exit code {container['ExitCode']})"
        if container.get("Reason"):
            reason += f": {container['Reason']}"
    return reason
