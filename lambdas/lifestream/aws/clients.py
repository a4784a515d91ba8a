"""One boto3 client per service and process, built on first use."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from lifestream.aws.read_ahead import PARALLEL
from lifestream.settings import AwsSettings, load

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_sts import STSClient

MAX_ATTEMPTS = 5
IN_ITS_REGION = {"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}
"""Presigned addresses name the bucket's region. By default, boto3 presigns for `s3.amazonaws.com`,
which redirects requests for a new bucket elsewhere, where the signature does not hold:
https://repost.aws/knowledge-center/s3-http-307-response
"""


@cache
def s3() -> S3Client:
    from botocore.config import Config

    retries = {"mode": "standard", "total_max_attempts": MAX_ATTEMPTS}
    config = Config(
        signature_version="s3v4",
        s3=IN_ITS_REGION,  # type: ignore[arg-type]  # botocore-stubs expect a TypedDict
        retries=retries,  # type: ignore[arg-type]  # botocore-stubs expect a TypedDict
        max_pool_connections=PARALLEL,
    )
    return _session().client("s3", config=config)


@cache
def sqs() -> SQSClient:
    return _session().client("sqs")


@cache
def step_functions() -> SFNClient:
    return _session().client("stepfunctions")


@cache
def events() -> EventBridgeClient:
    return _session().client("events")


@cache
def ecs() -> ECSClient:
    return _session().client("ecs")


@cache
def secrets_manager() -> SecretsManagerClient:
    return _session().client("secretsmanager")


@cache
def cloud_formation() -> CloudFormationClient:
    return _session().client("cloudformation")


@cache
def lambda_() -> LambdaClient:
    return _session().client("lambda")


@cache
def sts() -> STSClient:
    return _session().client("sts")


@cache
def table(name: str) -> Table:
    return _session().resource("dynamodb").Table(name)


@cache
def _session() -> boto3.Session:
    """Return the only session of the process, because each new one reads all service models again.

    Its region is AWS_REGION, which boto3 itself does not read outside of Lambda.
    """
    import boto3

    return boto3.Session(region_name=load(AwsSettings).region)


def reset() -> None:
    """Forget every client. The next call builds a new one, with the credentials of that time."""
    for cached in (
        _session,
        s3,
        sqs,
        step_functions,
        events,
        ecs,
        secrets_manager,
        cloud_formation,
        lambda_,
        sts,
        table,
    ):
        cached.cache_clear()
