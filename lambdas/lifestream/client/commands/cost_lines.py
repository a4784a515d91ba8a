"""Costs and estimates as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lifestream.client.commands.terminal import plain
from lifestream.domain.job_cost import JobCost
from lifestream.domain.prices import AS_OF
from lifestream.domain.text import clock

if TYPE_CHECKING:
    from lifestream.client.estimates import UploadEstimate

PARTS = {
    "container": "container",
    "host_start": "host start and idle time",
    "functions": "Lambda",
    "transitions": "Step Functions",
    "models": "models",
}


def dollars(amount: float) -> str:
    """$12.30, $0.0512, $0."""
    if not amount:
        return "$0"
    return f"${amount:.2f}" if amount >= 1 else f"${amount:.4f}"


def cost_line(cost: JobCost) -> str:
    """Cost: $0.0512 (container $0.0451, Lambda $0.0012, models $0.0034)."""
    return f"Cost: {dollars(cost.total)}{_parts(cost)}"


def estimate_lines(estimate: UploadEstimate) -> Iterator[str]:
    """One line per recording, then the total and what it is based on."""
    for one in estimate.recordings:
        name = plain(Path(one.video).name)
        yield f"{name}  {clock(one.duration_seconds)}  {dollars(one.cost.total)}{_parts(one.cost)}"
    start = f", plus {dollars(estimate.host_start)} if a host must start" * bool(
        estimate.host_start
    )
    yield f"[bold]Total: {dollars(estimate.total)}[/]{start}"
    yield f"Storing the files: {dollars(estimate.storage_month)} per month"
    yield f"[dim]{_basis(estimate)}[/]"
    yield "Nothing was uploaded."


def _parts(cost: JobCost) -> str:
    shown = [
        f"{title} {dollars(getattr(cost, name))}"
        for name, title in PARTS.items()
        if getattr(cost, name)
    ]
    return f"  ({', '.join(shown)})" if shown else ""


def _basis(estimate: UploadEstimate) -> str:
    rates = estimate.rates
    prices = f"List prices of {AS_OF} for us-east-1; the host costs {dollars(rates.host_hour)}/h."
    if estimate.jobs:
        many = "s" if estimate.jobs > 1 else ""
        return f"From the latest {estimate.jobs} job{many} of this deployment. {prices}"
    return (
        f"Assumed, because no job has shown it yet: {rates.speed:g}x real time, and a summary by "
        f"{plain(rates.openai_model)}. {prices}"
    )
