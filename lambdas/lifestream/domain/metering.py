"""Compute what a job has cost from what its executions used, at list prices."""

from __future__ import annotations

from collections.abc import Iterable

from lifestream.domain.execution_usage import ContainerRun, ExecutionUsage, Invocation
from lifestream.domain.job_cost import JobCost, job_cost
from lifestream.domain.lambda_memory import LAMBDA_MEMORY
from lifestream.domain.prices import (
    STATE_TRANSITION,
    Rates,
    lambda_dollars,
)
from lifestream.step_names import Step

COLD_START_SECONDS = 60
"""A container that waited longer for its host started one. A host that runs takes a few seconds."""
LONGEST_START_SECONDS = 600
"""A host starts in about five minutes. A longer wait was one for capacity, which costs nothing."""


def cost_of(usages: Iterable[ExecutionUsage], rates: Rates) -> JobCost:
    """Return the cost of a job whose executions used this much."""
    used = list(usages)
    containers = [run for usage in used for run in usage.containers]
    seconds = sum(run.seconds for run in containers)
    parts = {
        "container": rates.host_dollars(seconds),
        "host_start": sum(host_start_dollars(run, rates) for run in containers),
        "functions": sum(_function_dollars(one) for usage in used for one in usage.invocations),
        "transitions": sum(usage.transitions for usage in used) * STATE_TRANSITION,
        "models": sum(usage.model_dollars for usage in used),
    }
    return job_cost(parts, seconds, rates)


def host_start_dollars(run: ContainerRun, rates: Rates) -> float:
    """Return what the start and the idle time of a host cost, if this container caused them."""
    if not rates.idle_seconds or run.wait_seconds < COLD_START_SECONDS or not run.seconds:
        return 0.0
    start = min(run.wait_seconds, LONGEST_START_SECONDS)
    return rates.host_dollars(start + rates.idle_seconds)


def _function_dollars(invocation: Invocation) -> float:
    return lambda_dollars(invocation.seconds, LAMBDA_MEMORY[Step(invocation.state)])
