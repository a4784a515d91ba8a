"""How long an execution waits for what, as the state machine's own limits say it."""

from __future__ import annotations

from aws_cdk import Duration

from cdk_app.container_retries import HOST_WAIT, HOST_WAITS, RESTARTS
from cdk_app.guards import MAX_DELAY, THROTTLED_ATTEMPTS
from cdk_app.slots import AVERAGE_WAIT_SECONDS, MAX_WAIT, max_looks
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
        ("a container that crashed", "`WaitBeforeRestart`", f"{RESTARTS} restarts"),
        ("Lambda concurrency", "each Lambda state", _throttled()),
        ("everything together", "the execution", f"{TOTAL_TIMEOUT.to_days():.0f} days"),
    ]
    head = ["| For | In the console | At most |", "|---|---|---|"]
    return "\n".join(head + [f"| {' | '.join(row)} |" for row in rows])


def _slot(pool: Pool) -> str:
    return f"{_text(MAX_WAIT[pool])}: {max_looks(pool):,} looks, one in {AVERAGE_WAIT_SECONDS} s"


def _host() -> str:
    minutes = f"{HOST_WAIT.to_minutes():.0f} minutes"
    return f"{HOST_WAITS} times, {minutes} apart, beside the up to 30 minutes that ECS itself waits"


def _throttled() -> str:
    minutes = f"{MAX_DELAY.to_minutes():.0f} minutes"
    return f"{THROTTLED_ATTEMPTS} attempts, up to {minutes} apart"


def _text(wait: Duration) -> str:
    days = wait.to_days()
    return f"{days:.0f} day{'s' if days > 1 else ''}"
