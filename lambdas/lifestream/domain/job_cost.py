"""What a job has cost, or is estimated to cost."""

from __future__ import annotations

from lifestream.domain.base import Frozen
from lifestream.domain.prices import Rates

DIGITS = 6


class JobCost(Frozen):
    """What a job has cost in US dollars, at list prices, over all of its attempts.

    Attributes:
        total: The sum of the parts.
        container: The container's time, from fetching its image until it stopped.
        host_start: The start of the host, and the time that it then waits for more work; 0 if it
            was running already, or if AWS bills no host.
        functions: Lambda.
        transitions: Step Functions.
        models: Calls of models for summary and search. Calls with an unknown price are left out.
        container_seconds: The container's time that `container` is the price of.
        host_hour: What an hour of the host cost.
        whisper_model: The model that transcribed; null if it is not known.
    """

    total: float
    container: float
    host_start: float
    functions: float
    transitions: float
    models: float
    container_seconds: float
    host_hour: float
    whisper_model: str | None


def job_cost(parts: dict[str, float], container_seconds: float, rates: Rates) -> JobCost:
    rounded = {name: round(dollars, DIGITS) for name, dollars in parts.items()}
    return JobCost(
        **rounded,
        total=round(sum(rounded.values()), DIGITS),
        container_seconds=round(container_seconds, 3),
        host_hour=round(rates.host_hour, DIGITS),
        whisper_model=rates.whisper_model,
    )
