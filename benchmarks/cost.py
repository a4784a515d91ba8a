"""What an hour of video costs on AWS: list prices, and assumptions that you should replace.

Prices: us-east-1, dollars, collected in November 2026 from public price lists; check them before
you rely on them. How many times faster than the recording the GPU works is an assumption: no
figure for this model pair on this GPU is published, and ours has not run there yet.
"""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from lifestream.domain.prices import PRICES

GPU_HOUR = 0.8048  # g6.xlarge, on demand
MANAGED_INSTANCES_FEE = 0.12
ASSUMED_SPEED = 20.0  # hours of recording an hour of work
COLD_START_HOURS = 5 / 60
IDLE_HOURS = 5 / 60  # the host stays this long, see IDLE_HOST_SECONDS
SUMMARY_TOKENS_IN, SUMMARY_TOKENS_OUT = 15_000, 1_500
STATE_TRANSITIONS, TRANSITION = 25, 0.025 / 1000
LAMBDA_GB_SECONDS, LAMBDA_GB_SECOND = 90.0, 0.0000166667 * 0.8  # Arm
TRANSCRIBE_HOUR = 0.36  # Amazon Transcribe, batch, for comparison


def main() -> None:
    gpu = GPU_HOUR * (1 + MANAGED_INSTANCES_FEE)
    costs = {
        "GPU, warm host": gpu / ASSUMED_SPEED,
        "summary": PRICES["gpt-4o-mini"].of(SUMMARY_TOKENS_IN, SUMMARY_TOKENS_OUT),
        "embeddings": PRICES["text-embedding-3-small"].of(SUMMARY_TOKENS_IN),
        "Step Functions": STATE_TRANSITIONS * TRANSITION,
        "Lambda": LAMBDA_GB_SECONDS * LAMBDA_GB_SECOND,
    }
    alone = sum(costs.values()) + gpu * (COLD_START_HOURS + IDLE_HOURS)
    table = Table("An hour of video", "Dollars", title=f"assuming {ASSUMED_SPEED:.0f}x real time")
    for name, dollars in costs.items():
        table.add_row(name, f"{dollars:.4f}")
    table.add_row("together, in a busy hour", f"{sum(costs.values()):.3f}")
    table.add_row("alone: with start and idle time of the host", f"{alone:.3f}")
    table.add_row("Amazon Transcribe alone, for comparison", f"{TRANSCRIBE_HOUR:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
