"""List what an execution waits for, and how long, from the limits of the state machine."""

from __future__ import annotations

from aws_cdk import Duration

from cdk_app.container_retries import HOST_WAIT, HOST_WAITS, RESTARTS
from cdk_app.guards import MAX_DELAY, THROTTLED_ATTEMPTS
from cdk_app.slots import LONGEST_WAIT_SECONDS, MAX_WAIT, SHORTEST_WAIT_SECONDS, max_polls
from cdk_app.workflow import TOTAL_TIMEOUT
from lifestream.aws.slots import Pool


def table() -> str:
    rows = [
        (
            "a slot for extraction (`-c max_extractions`)",
            "`WaitForExtractionSlot`",
            _slot(Pool.EXTRACTION),
        ),
        ("a slot for the container (`-c max_gpu_tasks`)", "`WaitForGpuSlot`", _slot(Pool.GPU)),
        ("a host", "`WaitForHost`", _host()),
        ("the restart of a crashed container", "`WaitBeforeRestart`", f"{RESTARTS} restarts"),
        ("Lambda concurrency", "each Lambda state", _throttled()),
        ("all waits and work together", "the execution", f"{TOTAL_TIMEOUT.to_days():.0f} days"),
    ]
    head = ["| Waits for | State in the console | Longest wait |", "|---|---|---|"]
    return "\n".join(head + [f"| {' | '.join(row)} |" for row in rows])


def _slot(pool: Pool) -> str:
    shortest, longest = SHORTEST_WAIT_SECONDS // 60, LONGEST_WAIT_SECONDS // 60
    polls = f"{max_polls(pool):,} polls, {shortest} to {longest} minutes apart"
    return f"{_text(MAX_WAIT[pool])}: {polls}; the first ones come sooner"


def _host() -> str:
    minutes = HOST_WAIT.to_minutes()
    waits = f"{HOST_WAITS} waits of {minutes / 2:g} to {minutes:g} minutes"
    return f"{waits}; before each, ECS looks for a host for up to 30 minutes"


def _throttled() -> str:
    minutes = f"{MAX_DELAY.to_minutes():.0f} minutes"
    return f"{THROTTLED_ATTEMPTS} retries, up to {minutes} apart"


def _text(wait: Duration) -> str:
    days = wait.to_days()
    return f"{days:.0f} day{'s' if days > 1 else ''}"
