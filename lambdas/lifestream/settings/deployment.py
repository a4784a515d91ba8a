"""What each kind of process needs to know about its deployment."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from lifestream.settings.costs import CostSettings, DayCapSettings
from lifestream.settings.environment import EnvSettings


class AwsSettings(EnvSettings):
    region: str | None = Field(default=None, alias="AWS_REGION")


API_KEY_NAMES = ("OPENAI_API_KEY", "HUGGINGFACE_TOKEN", "PINECONE_API_KEY", "WEBHOOK_SECRET")


class ApiKeys(EnvSettings):
    """The vendors' API keys, from the environment or from the deployment's secret."""

    openai_api_key: SecretStr | None = Field(default=None, alias="OPENAI_API_KEY")
    pinecone_api_key: SecretStr | None = Field(default=None, alias="PINECONE_API_KEY")
    huggingface_token: SecretStr | None = Field(default=None, alias="HUGGINGFACE_TOKEN")
    webhook_secret: SecretStr | None = Field(default=None, alias="WEBHOOK_SECRET")
    secret_name: str | None = Field(default=None, alias="API_KEYS_SECRET")


class ReceiptSettings(EnvSettings):
    """The key that signs the receipts of erasures, or the secret that holds it."""

    receipt_key: SecretStr | None = Field(default=None, alias="RECEIPT_KEY")
    secret_name: str | None = Field(default=None, alias="RECEIPT_KEY_SECRET")


class MediaSettings(EnvSettings):
    max_duration_hours: float = Field(default=12, gt=0, alias="MAX_DURATION_HOURS")


class FunctionSettings(EnvSettings):
    """The memory of the function in MB. The default, for a laptop, is that of the media steps."""

    memory_megabytes: int = Field(default=1769, gt=0, alias="AWS_LAMBDA_FUNCTION_MEMORY_SIZE")


class LoaderSettings(EnvSettings):
    """Where the dynamic loader finds shared libraries; on Lambda, libpython is among them."""

    library_path: str | None = Field(default=None, alias="LD_LIBRARY_PATH")


class StageSettings(EnvSettings):
    """The stage that a function or the container belongs to. Commands and tests have none."""

    stage: str | None = Field(default=None, alias="STAGE")


class Storage(EnvSettings):
    """Where artifacts and job rows are stored. Every step needs this."""

    bucket: str = Field(alias="AWS_S3_BUCKET_NAME")
    jobs_table: str = Field(alias="JOBS_TABLE_NAME")


class ContainerSettings(EnvSettings):
    """Which job the container works on.

    Everything else about the job is in the bucket, because ECS limits overrides to 8,192
    characters.
    """

    job_id: str = Field(alias="JOB_ID")
    attempt: int = Field(alias="JOB_ATTEMPT")
    deadline_seconds: int = Field(gt=0, alias="DEADLINE_SECONDS")


class SlotSettings(EnvSettings):
    slots_table: str = Field(alias="SLOTS_TABLE_NAME")


class StateMachineSettings(EnvSettings):
    state_machine_arn: str = Field(alias="STATE_MACHINE_ARN")


class DispatcherSettings(Storage, StateMachineSettings, DayCapSettings):
    queue_url: str = Field(alias="AWS_SQS_QUEUE_URL")


class WebhookSettings(EnvSettings):
    """The address that receives `Job Ended`. `may_be_private` allows an address in a private
    network, and plain HTTP."""

    url: str = Field(alias="WEBHOOK_URL")
    may_be_private: bool = Field(default=False, alias="WEBHOOK_MAY_BE_PRIVATE")


class ClientSettings(Storage, CostSettings):
    """What the client needs. `lifestream` reads missing values from the stack's outputs.

    If the deployed `whisper_model` is known, options are checked before an upload.
    `eraser_function` is the name of the function that erases jobs.
    """

    queue_url: str = Field(alias="AWS_SQS_QUEUE_URL")
    dlq_url: str = Field(alias="AWS_SQS_DLQ_URL")
    api_keys_secret: str | None = Field(default=None, alias="API_KEYS_SECRET")
    state_machine_arn: str | None = Field(default=None, alias="STATE_MACHINE_ARN")
    eraser_function: str | None = Field(default=None, alias="ERASER_FUNCTION")
    receipt_key_secret: str | None = Field(default=None, alias="RECEIPT_KEY_SECRET")


class ApiSettings(EnvSettings):
    """The API that `lifestream` uses instead of AWS credentials, with an access token."""

    url: str | None = Field(default=None, alias="LIFESTREAM_API_URL")
    token: SecretStr | None = Field(default=None, alias="LIFESTREAM_TOKEN")


class SignInSettings(EnvSettings):
    """Where people sign in. The API's health check says this to whoever asks."""

    stage: str = Field(alias="STAGE")
    url: str = Field(alias="SIGN_IN_URL")
    client_id: str = Field(alias="SIGN_IN_CLIENT_ID")


class DoctorSettings(ClientSettings):
    """What `lifestream doctor` needs to run the container; `task_subnets` is comma-separated."""

    state_machine_arn: str = Field(alias="STATE_MACHINE_ARN")
    cluster: str = Field(alias="CLUSTER_NAME")
    task_definition: str = Field(alias="TASK_DEFINITION_ARN")
    capacity_provider: str = Field(alias="CAPACITY_PROVIDER")
    task_subnets: str = Field(alias="TASK_SUBNETS")
    task_security_group: str = Field(alias="TASK_SECURITY_GROUP")
    task_public_ip: Literal["ENABLED", "DISABLED"] = Field(alias="TASK_PUBLIC_IP")
    compute: Literal["gpu", "cpu"] = Field(alias="COMPUTE")
    container_logs: str = Field(alias="CONTAINER_LOG_GROUP")


class RetentionSettings(ClientSettings):
    """For how many days the deployment keeps its logs."""

    log_days: int | None = Field(default=None, alias="LOG_DAYS")


class EraserSettings(ClientSettings):
    """What the eraser needs. `undelivered_url`: the queue of undelivered webhook events."""

    state_machine_arn: str = Field(alias="STATE_MACHINE_ARN")
    cluster: str = Field(alias="CLUSTER_NAME")
    undelivered_url: str | None = Field(default=None, alias="UNDELIVERED_QUEUE_URL")


class OperatorSettings(ClientSettings, SlotSettings, DayCapSettings):
    """What recovery needs, to finalize executions and to reconcile.

    `container_seconds` is the time limit of a container, for the metric of those that exceed it.
    """

    state_machine_arn: str = Field(alias="STATE_MACHINE_ARN")
    cluster: str = Field(alias="CLUSTER_NAME")
    container_seconds: float | None = Field(default=None, alias="CONTAINER_SECONDS")
