"""Read and validate the switches of a deployment, from `-c name=value` or cdk.json.

Importing aws_cdk starts a Node process, so only the properties do, which return its types.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from cdk_app.retention import LOG_DAYS, Retention
from lifestream.domain.prices import CPU_SPEED, GPU_SPEED, fargate_hour, gpu_host_hour
from lifestream.settings import (
    EnvSettings,
    IndexSettings,
    SpeechSettings,
    SummarySettings,
    VoiceSettings,
)

if TYPE_CHECKING:
    from aws_cdk import Duration, RemovalPolicy
    from aws_cdk.aws_logs import RetentionDays
    from constructs import Node


IDLE_HOST_SECONDS = 300
"""How long a GPU host runs after its last container, in case there is more work."""


def _validated(given: dict[str, str], *kinds: type[EnvSettings]) -> dict[str, str]:
    """Validate settings before the deployment, as the engines would validate them at run time."""
    if unknown := given.keys() - {name for kind in kinds for name in kind.variables()}:
        raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
    for kind in kinds:
        kind.model_validate(given)
    return given


def _from_json(given: Any) -> Any:
    """Parse a value from `-c name=…`; a value from cdk.json is an object or a list already."""
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {given!r} ({error})") from None


def _validate_gpu_type(name: str) -> str:
    """Require x86 vCPUs and a whole NVIDIA GPU: not g4ad (AMD), g5g (Arm), g6f (part of a GPU)."""
    if not re.fullmatch(r"g\d(dn|e)?\.xlarge", name):
        raise ValueError(
            f"{name!r} is not an instance type with 4 vCPUs and an NVIDIA GPU, such as g6.xlarge"
        )
    return name


def _validate_origin(origin: str) -> str:
    """Require scheme, host and port, as a browser sends them; plain HTTP only for localhost."""
    if not re.fullmatch(r"https://[a-z0-9.-]+(:\d+)?|http://localhost(:\d+)?", origin):
        raise ValueError(f"{origin!r} is not an origin such as https://videos.example.com")
    return origin


TOPIC_ARN = r"^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+$"
GpuInstanceType = Annotated[str, AfterValidator(_validate_gpu_type)]
Origin = Annotated[str, AfterValidator(_validate_origin)]


ProviderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{3,32}$")]
HttpsUrl = Annotated[str, Field(pattern=r"^https://[^/@\s]+(/\S*)?$")]


def _validate_tags(tags: dict[str, str]) -> dict[str, str]:
    """Require what every service accepts:
    https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html"""
    for name, value in tags.items():
        text = r"[\w .:/=+@-]"
        if name.lower().startswith("aws:") or not re.fullmatch(f"{text}{{1,128}}", name):
            raise ValueError(f"{name!r} is not a tag's name")
        if not re.fullmatch(f"{text}{{0,256}}", value):
            raise ValueError(f"{value!r} is not a tag's value")
    return tags


class OidcProvider(BaseModel):
    """An OpenID Connect provider. The client's secret is in Secrets Manager."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ProviderName
    issuer: HttpsUrl
    client_id: str = Field(min_length=1)
    client_secret_name: str = Field(pattern=r"^[\w/+=.@-]+$")


class SamlProvider(BaseModel):
    """A SAML 2.0 provider."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ProviderName
    metadata_url: HttpsUrl


class Config(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    stage: Literal["dev", "prod"] = "dev"
    compute: Literal["gpu", "cpu"] = "gpu"
    spot: bool = False
    whisper_model: str = "large-v3-turbo"
    openai_model: str = "gpt-4o-mini"
    max_dispatchers: int = Field(default=2, ge=2, le=1000)
    max_extractions: int = Field(default=5, ge=1, le=500)
    max_gpu_tasks: int = Field(default=1, ge=1, le=100)
    gpu_instance_types: Annotated[tuple[GpuInstanceType, ...], BeforeValidator(_from_json)] = Field(
        default=("g6.xlarge", "g5.xlarge"), min_length=1
    )
    host_hour_dollars: float | None = Field(default=None, ge=0)
    assumed_speed: float | None = Field(default=None, gt=0)
    max_job_dollars: float | None = Field(default=None, gt=0)
    max_day_dollars: float | None = Field(default=None, gt=0)
    browser_origins: Annotated[tuple[Origin, ...], BeforeValidator(_from_json)] = ()
    oidc: Annotated[OidcProvider | None, BeforeValidator(_from_json)] = None
    saml: Annotated[SamlProvider | None, BeforeValidator(_from_json)] = None
    retention: Annotated[Retention, BeforeValidator(_from_json)] = Retention()
    webhook_url: str | None = Field(default=None, pattern=r"^https://[^/@]+(/|$)")
    alarms: bool = True
    daily_budget: float | None = Field(default=None, gt=0)
    metrics_dashboard: bool = True
    alarm_email: str | None = Field(default=None, pattern=r"^[^@\s]+@[^@\s]+$")
    alarm_topic_arn: str | None = Field(default=None, pattern=TOPIC_ARN)
    runbook: str = Field(default="docs/runbook.md", pattern=r"^[^\s#]+$")
    speech: Annotated[dict[str, str], BeforeValidator(_from_json)] = Field(default_factory=dict)
    summary: Annotated[dict[str, str], BeforeValidator(_from_json)] = Field(default_factory=dict)
    index: Annotated[dict[str, str], BeforeValidator(_from_json)] = Field(default_factory=dict)
    network: Literal["public", "private", "private-with-nat"] = "public"
    kms: Literal["aws", "customer"] = "aws"
    permissions_boundary: str | None = Field(
        default=None, pattern=r"^arn:aws:iam::(\d{12}|aws):policy/[\w+=,.@/-]+$"
    )
    tags: Annotated[dict[str, str], BeforeValidator(_from_json), AfterValidator(_validate_tags)] = (
        Field(default_factory=dict, max_length=40)
    )

    @field_validator("network")
    @classmethod
    def _validate_network(cls, network: str, info: ValidationInfo) -> str:
        if network == "private" and info.data.get("webhook_url"):
            raise ValueError("the webhook is on the internet, so it needs private-with-nat")
        return network

    @model_validator(mode="after")
    def _price_is_known(self) -> Self:
        self.host_hour  # noqa: B018  # raises ValueError
        return self

    @field_validator("speech")
    @classmethod
    def _validate_speech(cls, given: dict[str, str]) -> dict[str, str]:
        return _validated(given, SpeechSettings, VoiceSettings)

    @field_validator("summary")
    @classmethod
    def _validate_summary(cls, given: dict[str, str]) -> dict[str, str]:
        return _validated(given, SummarySettings)

    @field_validator("index")
    @classmethod
    def _validate_index(cls, given: dict[str, str]) -> dict[str, str]:
        return _validated(given, IndexSettings)

    @classmethod
    def from_context(cls, node: Node) -> Self:
        """Read the switches from the CDK context. Exits with a message if one is invalid."""
        context = node.get_all_context()  # one call to Node, instead of one per switch
        given = {name: context.get(name) for name in cls.model_fields}
        try:
            return cls.model_validate({k: v for k, v in given.items() if v is not None})
        except ValidationError as error:
            wrong = "; ".join(
                f"-c {e['loc'][0]}: {e['msg']}" if e["loc"] else e["msg"] for e in error.errors()
            )
            raise SystemExit(f"invalid switches: {wrong}") from None

    @property
    def removal_policy(self) -> RemovalPolicy:
        """What happens to the data when its stack is deleted.

        `prod` keeps it, unless the first deployment fails: the leftovers would block the next
        one. `dev` deletes everything but a bucket that still holds objects.
        """
        from aws_cdk import RemovalPolicy

        retain = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
        return retain if self.stage == "prod" else RemovalPolicy.DESTROY

    @property
    def artifact_retention(self) -> Duration:
        """How long artifacts are kept."""
        return self._days(self.retention.artifacts)

    @property
    def old_version_retention(self) -> Duration:
        """How long old versions of videos and results can be restored."""
        return self._days(self.retention.old_versions)

    def _days(self, wanted: int | None) -> Duration:
        from aws_cdk import Duration

        return Duration.days(wanted or (30 if self.stage == "prod" else 14))

    @property
    def log_days(self) -> int:
        return self.retention.logs or (90 if self.stage == "prod" else 7)

    @property
    def log_retention(self) -> RetentionDays:
        from aws_cdk.aws_logs import RetentionDays

        return RetentionDays[LOG_DAYS[self.log_days]]

    @property
    def transcription_timeout(self) -> Duration:
        from aws_cdk import Duration

        return Duration.hours(6 if self.compute == "gpu" else 12)

    @property
    def speech_environment(self) -> dict[str, str]:
        """Environment variables of the speech engines.

        The container and InspectVideo both get them, because they must compute the same
        fingerprint of a transcript. PublishResults gets them to identify speakers.
        """
        return {"WHISPER_MODEL": self.whisper_model, **self.speech}

    @property
    def host_hour(self) -> float:
        """What an hour of the container's host costs in dollars.

        If there are several instance types, it is the price of the cheapest, which AWS prefers.
        Raises ValueError if the price of none is known.
        """
        if self.host_hour_dollars is not None:
            return self.host_hour_dollars
        if self.compute == "cpu":
            return fargate_hour(spot=self.spot)
        hours = [gpu_host_hour(name, spot=self.spot) for name in self.gpu_instance_types]
        if known := [hour for hour in hours if hour is not None]:
            return min(known)
        names = ", ".join(self.gpu_instance_types)
        raise ValueError(f"the price of {names} is not known: add -c host_hour_dollars=PRICE")

    @property
    def cost_environment(self) -> dict[str, str]:
        """Environment variables of everything that computes or estimates costs."""
        is_gpu = self.compute == "gpu"
        speed = self.assumed_speed or (GPU_SPEED if is_gpu else CPU_SPEED)
        caps = {"MAX_JOB_DOLLARS": self.max_job_dollars, "MAX_DAY_DOLLARS": self.max_day_dollars}
        return {
            "HOST_HOUR_DOLLARS": f"{self.host_hour:.6f}",
            "HOST_IDLE_SECONDS": str(IDLE_HOST_SECONDS if is_gpu else 0),
            "ASSUMED_SPEED": f"{speed:g}",
            "WHISPER_MODEL": self.speech_environment["WHISPER_MODEL"],
            "OPENAI_MODEL": self.summary.get("OPENAI_MODEL", self.openai_model),
            **{name: f"{cap:g}" for name, cap in caps.items() if cap is not None},
        }

    @property
    def device(self) -> str:
        """Set instead of detected: if the driver of a GPU host is broken, the container must fail
        and not continue on the CPUs."""
        return "cuda" if self.compute == "gpu" else "cpu"
