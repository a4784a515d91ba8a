"""Read the environment into frozen settings. No other module reads environment variables.

A settings class holds what one kind of process needs; `load` names every missing variable in one
error. A setting has a default only if it suits every deployment.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from lifestream.domain.prices import CPU_SPEED, Rates, fargate_hour
from lifestream.errors import ConfigurationError, MissingSettingsError


def _renamed(**names: str) -> BeforeValidator:
    """Accept the names of engines of earlier versions: old name → new name."""
    return BeforeValidator(lambda given: names.get(given, given))


class EnvSettings(BaseModel):
    """What is not given comes from the environment. An empty variable counts as not set.

    A plain pydantic model, because pydantic-settings alone takes a third of the time that the
    dispatcher's import may take (ADR 50).
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _read_environment(cls, given: dict[str, Any]) -> dict[str, Any]:
        fields = cls.model_fields.items()
        missing = [
            str(field.alias) for name, field in fields if not given.keys() & {name, field.alias}
        ]
        return given | {name: os.environ[name] for name in missing if os.environ.get(name)}

    @classmethod
    def variables(cls) -> list[str]:
        """Return the names of the environment variables that the class reads."""
        return [str(field.alias) for field in cls.model_fields.values()]


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


class SpeechSettings(EnvSettings):
    """Settings of recognition, diarization and voice activity detection."""

    diarization_engine: Annotated[
        Literal["auto", "pyannote", "clustering"], _renamed(embedded="clustering")
    ] = Field(default="auto", alias="DIARIZATION_ENGINE")
    whisper_model: str = Field(default="large-v3-turbo", alias="WHISPER_MODEL")
    pyannote_model: str = Field(default="speaker-diarization-community-1", alias="PYANNOTE_MODEL")
    models_dir: Path = Field(default=Path("/opt/models"), alias="MODELS_DIR")
    models_prefix: str | None = Field(default=None, alias="MODELS_S3_PREFIX")
    device: Literal["auto", "cuda", "cpu"] = Field(default="auto", alias="SPEECH_DEVICE")
    both_at_once: Literal["auto", "yes", "no"] = Field(default="auto", alias="SPEECH_BOTH_AT_ONCE")
    compute_type: Literal["auto", "float16", "int8_float16", "int8", "float32"] = Field(
        default="auto", alias="WHISPER_COMPUTE_TYPE"
    )
    whisper_batch_size: int | None = Field(default=None, ge=1, alias="WHISPER_BATCH_SIZE")
    pyannote_batch_size: int | None = Field(default=None, ge=1, alias="PYANNOTE_BATCH_SIZE")
    vad_threshold: float = Field(default=0.5, gt=0, lt=1, alias="VAD_THRESHOLD")
    vad_min_silence_ms: int = Field(default=300, ge=0, le=5_000, alias="VAD_MIN_SILENCE_MS")
    vad_pad_ms: int = Field(default=150, ge=0, le=2_000, alias="VAD_PAD_MS")
    remember_voices: bool = Field(default=False, alias="REMEMBER_VOICES")

    def identity(self) -> dict[str, object]:
        """Return the settings that change the transcript. Where models are stored and run does
        not change it."""
        names = {
            "diarization_engine",
            "whisper_model",
            "pyannote_model",
            "vad_threshold",
            "vad_min_silence_ms",
            "vad_pad_ms",
            "remember_voices",
        }
        return self.model_dump(mode="json", include=names)


class VoiceSettings(EnvSettings):
    """The lowest similarity at which a speaker gets the name of a voiceprint."""

    min_score: float = Field(default=0.75, ge=0, le=1, alias="VOICE_MIN_SCORE")


class SummarySettings(EnvSettings):
    """Settings of the summaries.

    `SUMMARIZATION_ENGINE=off` makes no summary. `auto` makes none if no engine is usable.
    """

    summarization_engine: Annotated[
        Literal["auto", "openai", "lexrank", "off"], _renamed(extractive="lexrank")
    ] = Field(default="auto", alias="SUMMARIZATION_ENGINE")
    openai_model: str = Field(default="gpt-4o-mini", alias="OPENAI_MODEL")
    openai_base_url: str | None = Field(default=None, alias="OPENAI_BASE_URL")
    max_dollars: float | None = Field(default=None, gt=0, alias="MAX_SUMMARY_DOLLARS")
    summary_language: str | None = Field(default=None, alias="SUMMARY_LANGUAGE")
    summary_instructions: str | None = Field(
        default=None, max_length=1_000, alias="SUMMARY_INSTRUCTIONS"
    )


class IndexSettings(EnvSettings):
    """Settings of the search.

    `VECTOR_INDEX=off` makes no index. `auto` makes none if no embedding engine is usable.
    """

    embedding_engine: Annotated[
        Literal["auto", "openai", "wordllama"], _renamed(embedded="wordllama")
    ] = Field(default="auto", alias="EMBEDDING_ENGINE")
    embedding_model: str = Field(default="text-embedding-3-small", alias="EMBEDDING_MODEL")
    models_dir: Path = Field(default=Path("/opt/models"), alias="MODELS_DIR")
    openai_base_url: str | None = Field(default=None, alias="OPENAI_BASE_URL")
    vector_index: Annotated[Literal["auto", "pinecone", "s3", "off"], _renamed(embedded="s3")] = (
        Field(default="auto", alias="VECTOR_INDEX")
    )
    pinecone_index_name: str = Field(default="lifestream", alias="PINECONE_INDEX_NAME")
    pinecone_environment: str = Field(default="us-east-1", alias="PINECONE_ENVIRONMENT")
    pinecone_namespace: str = Field(default="", alias="PINECONE_NAMESPACE")


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


class CostSettings(EnvSettings):
    """What the costs of jobs depend on, apart from list prices.

    `host_hour`: dollars per hour of the container's host, such as after your own discounts.
    `idle_seconds`: how long a host stays after its last container; 0 on Fargate. `speed`: seconds
    of recording per second of the container, until jobs have shown it.
    """

    host_hour: float = Field(default=round(fargate_hour(), 6), ge=0, alias="HOST_HOUR_DOLLARS")
    idle_seconds: float = Field(default=0, ge=0, alias="HOST_IDLE_SECONDS")
    speed: float = Field(default=CPU_SPEED, gt=0, alias="ASSUMED_SPEED")
    whisper_model: str | None = Field(default=None, alias="WHISPER_MODEL")
    openai_model: str = Field(default="gpt-4o-mini", alias="OPENAI_MODEL")

    @property
    def rates(self) -> Rates:
        return Rates(**self.model_dump(include=set(Rates.model_fields)))


class JobCapSettings(CostSettings):
    """The most that a job may cost in dollars, by its estimate. Without it, there is no cap."""

    max_job_dollars: float | None = Field(default=None, gt=0, alias="MAX_JOB_DOLLARS")


class DayCapSettings(CostSettings):
    """What the jobs of a day (UTC) may cost in dollars. Without it, there is no cap."""

    max_day_dollars: float | None = Field(default=None, gt=0, alias="MAX_DAY_DOLLARS")


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


Settings = TypeVar("Settings", bound=EnvSettings)


def load(kind: type[Settings]) -> Settings:
    """Return the settings, read once per process.

    Raises MissingSettingsError, which names every missing variable, or ConfigurationError, which
    names every invalid one.
    """
    return cast("Settings", _read(kind))  # functools.cache forgets the type


def reset() -> None:
    """Forget what was read: the next `load` reads the environment again."""
    _read.cache_clear()


@cache
def _read(kind: type[EnvSettings]) -> EnvSettings:
    try:
        return kind()
    except ValidationError as error:
        problems = {str(e["loc"][0]): e for e in error.errors()}
        missing = sorted(name for name, e in problems.items() if e["type"] == "missing")
        if missing:
            raise MissingSettingsError(f"not set: {', '.join(missing)}") from None
        wrong = "; ".join(f"{name}: {e['msg']}" for name, e in sorted(problems.items()))
        raise ConfigurationError(f"invalid settings: {wrong}") from None
