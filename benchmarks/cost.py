"""Estimate what an hour of video costs on AWS, from list prices and assumptions.

Replace the assumptions with your own figures. The prices are in dollars, for us-east-1, collected
in November 2026 from public price lists; check them before you rely on them. The GPU's speed is an
assumption: no figure for these two models on this GPU is published, and ours have not run on one
yet.
"""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from lifestream.domain.prices import PRICES

GPU_HOURS = {"g6.xlarge": 0.8048, "g5.xlarge": 1.006}
"""On-demand prices of the instance types that a deployment uses by default."""
MANAGED_INSTANCES_FEE = 0.12
ASSUMED_SPEED = 20.0  # hours of recording per hour of work
COLD_START_HOURS = 5 / 60
IDLE_HOURS = 5 / 60  # the host stays this long, see IDLE_HOST_SECONDS
SUMMARY_TOKENS_IN, SUMMARY_TOKENS_OUT = 15_000, 1_500
STATE_TRANSITIONS, TRANSITION = 25, 0.025 / 1000
LAMBDA_GB_SECONDS, LAMBDA_GB_SECOND = 90.0, 0.0000166667 * 0.8  # Arm
TRANSCRIBE_HOUR = 0.36  # Amazon Transcribe, batch, for comparison


def main() -> None:
    table = Table(
        "An hour of video", *GPU_HOURS, title=f"dollars, at {ASSUMED_SPEED:.0f}x real time"
    )
    by_host = [costs(hour * (1 + MANAGED_INSTANCES_FEE)) for hour in GPU_HOURS.values()]
    for name in by_host[0]:
        table.add_row(name, *(f"{host[name]:.4f}" for host in by_host))
    table.add_row(
        "Amazon Transcribe alone, for comparison", *[f"{TRANSCRIBE_HOUR:.2f}"] * len(by_host)
    )
    Console().print(table)


def costs(gpu_hour: float) -> dict[str, float]:
    """Return the costs of an hour of video in dollars. `gpu_hour` is the host's price with fee."""
    parts = {
        "GPU, warm host": gpu_hour / ASSUMED_SPEED,
        "summary": PRICES["gpt-4o-mini"].of(SUMMARY_TOKENS_IN, SUMMARY_TOKENS_OUT),
        "embeddings": PRICES["text-embedding-3-small"].of(SUMMARY_TOKENS_IN),
        "Step Functions": STATE_TRANSITIONS * TRANSITION,
        "Lambda": LAMBDA_GB_SECONDS * LAMBDA_GB_SECOND,
    }
    busy = sum(parts.values())
    start_and_idle = gpu_hour * (COLD_START_HOURS + IDLE_HOURS)
    return parts | {
        "total, on a busy host": busy,
        "total, alone: with the host's start and idle time": busy + start_and_idle,
    }


if __name__ == "__main__":
    main()
