"""The switches of a deployment, from `-c name=value` or cdk.json."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal, Self

from aws_cdk import Duration, RemovalPolicy
from aws_cdk.aws_logs import RetentionDays
from constructs import Node
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)

from lifestream.settings import (
    EnvSettings,
    IndexSettings,
    SpeechSettings,
    SummarySettings,
    VoiceSettings,
)


def _checked(given: dict[str, str], *kinds: type[EnvSettings]) -> dict[str, str]:
    """What the engines would refuse hours later is refused here."""
    if unknown := given.keys() - {name for kind in kinds for name in kind.variables()}:
        raise ValueError(f"no such settings: {', '.join(sorted(unknown))}")
    for kind in kinds:
        kind.model_validate(given)
    return given


def _unpacked(given: Any) -> Any:
    """cdk.json holds an object or a list, `-c speech=` its JSON."""
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given)
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON: {given!r} ({error})") from None


def _one_gpu_and_four_vcpus(name: str) -> str:
    """A whole NVIDIA GPU beside x86 vCPUs: not g4ad (AMD), g5g (Arm), g6f (part of a GPU)."""
    if not re.fullmatch(r"g\d(dn|e)?\.xlarge", name):
        raise ValueError(f"{name!r} is no type with 4 vCPUs and an NVIDIA GPU, such as g6.xlarge")
    return name


def _of_a_browser(origin: str) -> str:
    """Scheme, host and port, as a browser sends them; plain HTTP for development only."""
    if not re.fullmatch(r"https://[a-z0-9.-]+(:\d+)?|http://localhost(:\d+)?", origin):
        raise ValueError(f"{origin!r} is no origin such as https://videos.example.com")
    return origin


GpuInstanceType = Annotated[str, AfterValidator(_one_gpu_and_four_vcpus)]
Origin = Annotated[str, AfterValidator(_of_a_browser)]


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
    gpu_instance_types: Annotated[tuple[GpuInstanceType, ...], BeforeValidator(_unpacked)] = Field(
        default=("g6.xlarge", "g5.xlarge"), min_length=1
    )
    browser_origins: Annotated[tuple[Origin, ...], BeforeValidator(_unpacked)] = ()
    webhook_url: str | None = Field(default=None, pattern=r"^https://[^/@]+(/|$)")
    speech: Annotated[dict[str, str], BeforeValidator(_unpacked)] = Field(default_factory=dict)
    summary: Annotated[dict[str, str], BeforeValidator(_unpacked)] = Field(default_factory=dict)
    index: Annotated[dict[str, str], BeforeValidator(_unpacked)] = Field(default_factory=dict)

    @field_validator("speech")
    @classmethod
    def _speech_can_be_set(cls, given: dict[str, str]) -> dict[str, str]:
        return _checked(given, SpeechSettings, VoiceSettings)

    @field_validator("summary")
    @classmethod
    def _summary_can_be_set(cls, given: dict[str, str]) -> dict[str, str]:
        return _checked(given, SummarySettings)

    @field_validator("index")
    @classmethod
    def _index_can_be_set(cls, given: dict[str, str]) -> dict[str, str]:
        return _checked(given, IndexSettings)

    @classmethod
    def from_context(cls, node: Node) -> Self:
        given = {name: node.try_get_context(name) for name in cls.model_fields}
        try:
            return cls.model_validate({k: v for k, v in given.items() if v is not None})
        except ValidationError as error:
            wrong = "; ".join(f"-c {e['loc'][0]}: {e['msg']}" for e in error.errors())
            raise SystemExit(f"unusable switches: {wrong}") from None

    @property
    def removal_policy(self) -> RemovalPolicy:
        """`prod` keeps its data, unless its first deployment fails: what that left behind would
        block the next one. `dev` cleans up after itself, all but a filled bucket."""
        retain = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
        return retain if self.stage == "prod" else RemovalPolicy.DESTROY

    @property
    def artifacts_kept(self) -> Duration:
        """Longer than an execution may take (`workflow.TOTAL_TIMEOUT`). So are old versions of
        videos and results, which can be had back for as long."""
        return Duration.days(30 if self.stage == "prod" else 14)

    @property
    def logs_kept(self) -> RetentionDays:
        return RetentionDays.THREE_MONTHS if self.stage == "prod" else RetentionDays.ONE_WEEK

    @property
    def transcription_timeout(self) -> Duration:
        return Duration.hours(6 if self.compute == "gpu" else 12)

    @property
    def speech_environment(self) -> dict[str, str]:
        """Given to the container and to InspectVideo, which must agree on a transcript's
        fingerprint, and to PublishResults, which compares voices."""
        return {"WHISPER_MODEL": self.whisper_model, **self.speech}

    @property
    def device(self) -> str:
        """Said, not found out: a GPU host whose driver is broken must not go on with its CPUs."""
        return "cuda" if self.compute == "gpu" else "cpu"
