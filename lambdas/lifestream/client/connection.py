"""Find the deployment: the one that the environment names, or the stack of a stage."""

from __future__ import annotations

import re
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from lifestream.aws import clients
from lifestream.client.aws_errors import explained
from lifestream.errors import ConfigurationError, MissingSettingsError
from lifestream.settings import ClientSettings, load

Kind = TypeVar("Kind", bound=ClientSettings)


def connect(stage: str | None = None) -> ClientSettings:
    """Find a deployment: its bucket, queues and tables.

    Args:
        stage: Read the outputs of the stack of this stage, `LifeStream-<stage>`. Without it, the
            environment names the deployment (AWS_S3_BUCKET_NAME, AWS_SQS_QUEUE_URL,
            AWS_SQS_DLQ_URL, JOBS_TABLE_NAME); if one of them is not set, it is the stage `dev`.

    Raises:
        ConfigurationError: The stage is not deployed, or AWS cannot be reached.

    Examples:
        >>> connect().bucket
        'videos'
    """
    return connect_as(ClientSettings, stage)


def connect_as(kind: type[Kind], stage: str | None = None) -> Kind:
    """Find a deployment like `connect`, and return another class of settings."""
    if stage is None:
        try:
            return load(kind)
        except MissingSettingsError:
            stage = "dev"
    stack = f"LifeStream-{stage}"
    try:
        return kind.model_validate(stack_outputs(stack))
    except ValidationError as error:
        missing = ", ".join(sorted(str(e["loc"][0]) for e in error.errors()))
        raise ConfigurationError(
            f"the stack {stack} has no output for {missing}: an older version deployed it. "
            f"Deploy it again: make deploy STAGE={stage}"
        ) from None


def names_deployment() -> bool:
    """Return whether the environment names a deployment completely."""
    try:
        load(ClientSettings)
    except MissingSettingsError:
        return False
    return True


def stack_outputs(stack: str) -> dict[str, str]:
    """Return the stack's outputs by setting: `AwsS3BucketName` becomes `AWS_S3_BUCKET_NAME`."""
    try:
        answer = clients.cloud_formation().describe_stacks(StackName=stack)
    except (ClientError, BotoCoreError) as error:
        raise ConfigurationError(_why_unreadable(stack, error)) from error
    outputs = answer["Stacks"][0].get("Outputs", [])
    return {_setting(output["OutputKey"]): output["OutputValue"] for output in outputs}


def _why_unreadable(stack: str, error: ClientError | BotoCoreError) -> str:
    """Explain the error. CloudFormation reports a missing stack as a ValidationError."""
    if isinstance(error, ClientError) and error.response["Error"]["Code"] == "ValidationError":
        region = clients.cloud_formation().meta.region_name
        return (
            f"there is no stack {stack} in {region}. Deploy it there, name another --stage, set "
            "AWS_REGION to where it is, or set AWS_S3_BUCKET_NAME, AWS_SQS_QUEUE_URL, "
            "AWS_SQS_DLQ_URL and JOBS_TABLE_NAME"
        )
    problem, advice = explained(error)
    return f"the stack {stack} cannot be read: {problem}. {advice.removesuffix('.')}"


def _setting(output_key: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", output_key).upper()
