"""Read the outputs of a deployed stage."""

from __future__ import annotations

import boto3


def outputs_of(stage: str) -> dict[str, str]:
    """Raises ClientError if the stack doesn't exist."""
    described = boto3.client("cloudformation").describe_stacks(StackName=f"LifeStream-{stage}")
    outputs = described["Stacks"][0].get("Outputs", [])
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}
