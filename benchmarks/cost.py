"""Estimate what an hour of video costs on AWS, from list prices and assumptions.

The prices and their sources are in lifestream.domain.prices, the assumptions in
lifestream.domain.estimates. Replace them with your own figures.
"""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from cdk_app.config import Config
from lifestream.domain.estimates import estimate, start_dollars
from lifestream.domain.prices import AS_OF, GPU_SPEED, TRANSCRIBE_HOUR, Rates
from lifestream.settings import CostSettings

GPU_HOSTS = ("g6.xlarge", "g5.xlarge")
"""The instance types that a deployment uses by default."""
PARTS = {
    "container": "GPU, warm host",
    "models": "summary and embeddings",
    "transitions": "Step Functions",
    "functions": "Lambda",
}


def main() -> None:
    table = Table(
        "An hour of video",
        *GPU_HOSTS,
        title=f"dollars, at {GPU_SPEED:.0f}x real time, prices of {AS_OF}",
    )
    by_host = [costs(rates_of(Config(gpu_instance_types=(name,)))) for name in GPU_HOSTS]
    for name in by_host[0]:
        table.add_row(name, *(f"{host[name]:.4f}" for host in by_host))
    table.add_row(
        "Amazon Transcribe alone, for comparison", *[f"{TRANSCRIBE_HOUR:.2f}"] * len(by_host)
    )
    Console().print(table)


def rates_of(config: Config) -> Rates:
    """Return the rates of a deployment with these switches."""
    return CostSettings.model_validate(config.cost_environment).rates


def costs(rates: Rates) -> dict[str, float]:
    """Return the costs of an hour of video in dollars."""
    hour = estimate(3600, rates)
    return {
        **{title: getattr(hour, name) for name, title in PARTS.items()},
        "total, on a busy host": hour.total,
        "total, alone: with the host's start and idle time": hour.total + start_dollars(rates),
    }


if __name__ == "__main__":
    main()
