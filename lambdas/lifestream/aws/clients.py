"""One boto3 client a service and process, built on first use."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

MAX_ATTEMPTS = 5


@cache
def s3() -> S3Client:
    import boto3
    from botocore.config import Config

    retries = {"mode": "standard", "total_max_attempts": MAX_ATTEMPTS}
    return boto3.client("s3", config=Config(signature_version="s3v4", retries=retries))  # type: ignore[arg-type]  # botocore-stubs want a TypedDict


@cache
def sqs() -> SQSClient:
    import boto3

    return boto3.client("sqs")


@cache
def step_functions() -> SFNClient:
    import boto3

    return boto3.client("stepfunctions")


@cache
def secrets_manager() -> SecretsManagerClient:
    import boto3

    return boto3.client("secretsmanager")


@cache
def table(name: str) -> Table:
    import boto3

    return boto3.resource("dynamodb").Table(name)
