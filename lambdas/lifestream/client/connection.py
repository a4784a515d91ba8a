"""Which deployment the client talks to: the one in the environment, else a stage's stack."""

from __future__ import annotations

import re
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from lifestream.aws import clients
from lifestream.errors import ConfigurationError, MissingSettingsError
from lifestream.settings import ClientSettings, load

Kind = TypeVar("Kind", bound=ClientSettings)


def connect(stage: str | None = None) -> ClientSettings:
    """For everything that a client does with videos and jobs. Raises ConfigurationError."""
    return connect_as(ClientSettings, stage)


def connect_as(kind: type[Kind], stage: str | None = None) -> Kind:
    """Settings from the environment where they are complete and no stage is named.

    Raises ConfigurationError where the stage is not deployed or AWS cannot be reached.
    """
    if stage is None:
        try:
            return load(kind)
        except MissingSettingsError:
            stage = "dev"
    return kind.model_validate(stack_outputs(f"LifeStream-{stage}"))


def stack_outputs(stack: str) -> dict[str, str]:
    """Output `AwsS3BucketName` becomes `AWS_S3_BUCKET_NAME`, as the settings call it."""
    try:
        answer = clients.cloud_formation().describe_stacks(StackName=stack)
    except (ClientError, BotoCoreError) as error:
        raise ConfigurationError(
            f"the stack {stack} cannot be read ({error}). Deploy it, name another --stage, "
            "or set AWS_S3_BUCKET_NAME, AWS_SQS_QUEUE_URL, AWS_SQS_DLQ_URL and JOBS_TABLE_NAME"
        ) from error
    outputs = answer["Stacks"][0].get("Outputs", [])
    return {_setting(output["OutputKey"]): output["OutputValue"] for output in outputs}


def _setting(output_key: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", output_key).upper()
