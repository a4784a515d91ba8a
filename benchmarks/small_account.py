"""Simulate a burst in a new account: a Lambda concurrency of 10, every event delivered ten times.

Handlers, state machine and executor are the real ones; time and the account's limits are
simulated. Prints the number of lost uploads, and the executions and paid calls per upload.

    python benchmarks/small_account.py [UPLOADS [CONCURRENCY]]      1000 and 10 by default
"""

from __future__ import annotations

import copy
import json
import re
import sys
import time

from rich.console import Console
from rich.table import Table

from invariants import amplification
from lifestream.domain.job import JobStatus
from simulation.cloud import Cloud
from simulation.uploads import Message, notification
from simulation.world import simulated

COPIES = 10
GPU_TASKS = 20
"""Enough for Lambda to be the bottleneck."""
SEED = 11


def main() -> int:
    numbers = [int(text) for text in sys.argv[1:]]
    uploads, concurrency = numbers + [1_000, 10][len(numbers) :]
    started = time.monotonic()
    with simulated(SEED) as cloud:
        cloud.account.concurrency = concurrency
        cloud.scheduler.is_in_a_hurry = True
        allow_gpu_tasks(cloud, GPU_TASKS)
        for number in range(uploads):
            job = cloud.upload(f"{number}.mp4")
            cloud.inbox += [Message(notification(job)) for _ in range(COPIES - 1)]
        cloud.run_until_idle()
        cloud.check(*cloud.uploads)
        show(cloud, time.monotonic() - started)
        return 0 if lost(cloud) == 0 else 1


def allow_gpu_tasks(cloud: Cloud, count: int) -> None:
    """Change the number of GPU slots, as `-c max_gpu_tasks` does."""
    definition = copy.deepcopy(cloud.executions.definition)
    for name in ("LookForGpuSlot", "AcquireGpuSlot"):
        state = json.dumps(definition["States"][name])
        state, changes = re.subn(r'(SS\) < |"N": ")\d+', rf"\g<1>{count}", state)
        if changes != 1:
            raise RuntimeError(f"{name} has {changes} limits instead of one")
        definition["States"][name] = json.loads(state)
    cloud.executions.definition = definition


def lost(cloud: Cloud) -> int:
    return sum(cloud.service.job(job.job_id).status != JobStatus.SUCCEEDED for job in cloud.uploads)


def show(cloud: Cloud, seconds: float) -> None:
    uploads = len(cloud.uploads)
    events = [len(record.events) for record in cloud.executions.records.values()]
    table = Table("What", "Measured")
    table.add_row("Uploads, each with ten events", str(uploads))
    table.add_row("Lambda concurrency of the account", str(cloud.account.concurrency))
    table.add_row("Lost", str(lost(cloud)))
    table.add_row("DLQ messages", str(len(cloud.dlq_messages())))
    executions = amplification(cloud.executions.records, cloud.uploads)
    table.add_row("Executions per upload", f"{executions:.2f}")
    table.add_row("Paid calls per upload", f"{cloud.summarizer.paid.total() / uploads:.2f}")
    table.add_row("Throttled invocations per upload", f"{cloud.account.throttled / uploads:.2f}")
    table.add_row("Most extractions at once", str(cloud.account.peak["ExtractAudio"]))
    table.add_row("Longest history, of at most 25,000 events", str(max(events)))
    table.add_row("Simulated hours", f"{cloud.scheduler.time / 3_600:.1f}")
    table.add_row("Seconds on this machine", f"{seconds:.0f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    sys.exit(main())
