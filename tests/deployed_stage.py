"""A deployed stage in memory, for the tests of `lifestream doctor`. Fakes: for tests only."""

from __future__ import annotations

from typing import Any

from aws_answers import Session
from conftest import BUCKET, JOBS, Aws
from lifestream.client.doctor.deployed import DeployedStage
from lifestream.settings import (
    API_KEY_NAMES,
    ApiKeys,
    DoctorSettings,
    IndexSettings,
    SpeechSettings,
    SummarySettings,
)

MODEL = "tiny"


def settings_of(aws: Aws) -> DoctorSettings:
    return DoctorSettings.model_validate(
        {
            "AWS_S3_BUCKET_NAME": BUCKET,
            "JOBS_TABLE_NAME": JOBS,
            "AWS_SQS_QUEUE_URL": aws.queue_url,
            "AWS_SQS_DLQ_URL": aws.dlq_url,
            "API_KEYS_SECRET": "keys",
            "STATE_MACHINE_ARN": "arn",
            "CLUSTER_NAME": "speech",
            "TASK_DEFINITION_ARN": "speech:1",
            "CAPACITY_PROVIDER": "gpu",
            "TASK_SUBNETS": "subnet-1,subnet-2",
            "TASK_PUBLIC_IP": "ENABLED",
            "TASK_SECURITY_GROUP": "sg-1",
            "COMPUTE": "gpu",
            "CONTAINER_LOG_GROUP": "speech-logs",
        }
    )


def stage_of(settings: DoctorSettings, **services: Any) -> DeployedStage:
    session: Any = Session({name.replace("_", "-"): made for name, made in services.items()})
    stage = DeployedStage("dev", settings, session)
    stage.speech = SpeechSettings(whisper_model=MODEL)
    stage.summary, stage.index = SummarySettings(), IndexSettings()
    return stage


def keys_of(**given: str) -> ApiKeys:
    return ApiKeys.model_validate({name: given.get(name) for name in API_KEY_NAMES})
