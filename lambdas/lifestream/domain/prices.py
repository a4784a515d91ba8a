"""List prices in US dollars for us-east-1, as they were on `AS_OF`, with their sources.

Every estimate, cap and cost of a job uses these. Other regions cost more, most of them up to 30 %.
Discounts, Savings Plans and free tiers are not considered. What an hour of the container's host
costs can be replaced: `-c host_hour_dollars`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from lifestream.domain.base import Frozen

AS_OF = "2026-11"
MILLION = 1e6
SECONDS_PER_HOUR = 3600


class Price(NamedTuple):
    """The price of a model in dollars per million tokens."""

    input: float
    output: float = 0.0

    def of(self, input_tokens: int, output_tokens: int = 0) -> float:
        return (input_tokens * self.input + output_tokens * self.output) / MILLION


PRICES = {
    "gpt-4o-mini": Price(0.15, 0.60),
    "gpt-4.1-mini": Price(0.40, 1.60),
    "gpt-5-mini": Price(0.25, 2.00),
    "gpt-5-nano": Price(0.05, 0.40),
    "gpt-6-luna": Price(0.10, 0.50),
    "gpt-6.1-terra": Price(1.00, 5.00),
    "text-embedding-3-small": Price(0.02),
    "text-embedding-3-large": Price(0.13),
}
"""Models. Some cost more for prompts that are longer than any of ours.
https://github.com/BerriAI/litellm/blob/main/model_prices_and_context_window.json
https://github.com/pydantic/genai-prices (version 0.2.3 has the same prices)
"""

ON_DEMAND_HOUR = {
    "g4dn.xlarge": 0.526,
    "g5.xlarge": 1.006,
    "g6.xlarge": 0.8048,
    "g6e.xlarge": 1.861,
}
"""GPU hosts. https://aws.amazon.com/ec2/pricing/on-demand/, by way of
https://github.com/skypilot-org/skypilot-catalog (g6, g6e) and price lists of third parties.
"""
SPOT_SHARE = 0.5
"""What a Spot host costs as a share of the on-demand price: an assumption. Spot prices change; a
g6.xlarge cost 0.40 to 0.44 dollars per hour. https://aws.amazon.com/ec2/spot/pricing/
"""
MANAGED_INSTANCES_FEE = 0.12
"""AWS's fee for managing a host, as a share of its on-demand price, also on Spot. This is the
share for c6a.2xlarge; that of GPU hosts was not found. https://aws.amazon.com/ecs/pricing/
"""

FARGATE_VCPU_HOUR, FARGATE_GB_HOUR, FARGATE_DISK_GB_HOUR = 0.03238, 0.00356, 0.000111
"""Fargate for Linux on Arm. 20 GB of disk are free. https://aws.amazon.com/fargate/pricing/"""
FARGATE_FREE_DISK_GB = 20
FARGATE_VCPUS, FARGATE_MEMORY_GB, FARGATE_DISK_GB = 4, 16, 50
"""The size of the container on Fargate."""
FARGATE_SPOT_SHARE = 0.3
"""Fargate Spot as a share of the price: an assumption, "up to 70 %" cheaper."""

LAMBDA_GB_SECOND, LAMBDA_REQUEST = 0.0000133334, 0.20 / MILLION
"""Lambda on Arm. https://aws.amazon.com/lambda/pricing/"""
STATE_TRANSITION = 0.025 / 1000
"""Step Functions, Standard. Each retry is a transition too.
https://aws.amazon.com/step-functions/pricing/
"""
S3_GB_MONTH, S3_WRITE = 0.023, 0.005 / 1000
"""S3 Standard: storage, and requests that write or list. https://aws.amazon.com/s3/pricing/"""
TRANSCRIBE_HOUR = 0.36
"""Amazon Transcribe, batch, for comparison. https://aws.amazon.com/transcribe/pricing/"""


GPU_SPEED, CPU_SPEED = 20.0, 1.5
"""No price, but what estimates assume until jobs have shown it: seconds of recording per second of
the container. Neither has been measured on AWS.
"""


class Rates(Frozen):
    """What determines the costs of a deployment, apart from list prices.

    Attributes:
        host_hour: Dollars per hour of the container's host, with all fees.
        idle_seconds: How long a host runs after its last container; 0 if AWS bills the container
            and not its host, as Fargate does.
        speed: Seconds of recording per second of the container, as long as no job has shown it.
        whisper_model: The model that transcribes; None if it is not known.
        openai_model: The model that summarizes.
    """

    host_hour: float
    idle_seconds: float
    speed: float
    whisper_model: str | None
    openai_model: str

    def host_dollars(self, seconds: float) -> float:
        """Return what this time of the host costs."""
        return seconds * self.host_hour / SECONDS_PER_HOUR


def gpu_host_hour(instance_type: str, *, spot: bool = False) -> float | None:
    """Return what an hour of a managed host costs; None if the price of the type is not known."""
    on_demand = ON_DEMAND_HOUR.get(instance_type)
    if on_demand is None:
        return None
    return on_demand * ((SPOT_SHARE if spot else 1.0) + MANAGED_INSTANCES_FEE)


def fargate_hour(*, spot: bool = False) -> float:
    """Return what an hour of the container costs on Fargate."""
    disk = (FARGATE_DISK_GB - FARGATE_FREE_DISK_GB) * FARGATE_DISK_GB_HOUR
    hour = FARGATE_VCPUS * FARGATE_VCPU_HOUR + FARGATE_MEMORY_GB * FARGATE_GB_HOUR
    return hour * (FARGATE_SPOT_SHARE if spot else 1.0) + disk


def lambda_dollars(seconds: float, megabytes: int, *, requests: int = 1) -> float:
    """Return what invocations of a function with this much memory cost."""
    return seconds * megabytes / 1024 * LAMBDA_GB_SECOND + requests * LAMBDA_REQUEST


def model_dollars(tokens: Mapping[str, tuple[int, int]]) -> float:
    """Return what the input and output tokens of each model cost. An unknown model costs nothing:
    it is most likely one that you run yourself."""
    return sum(PRICES.get(model, Price(0.0)).of(*used) for model, used in tokens.items())
