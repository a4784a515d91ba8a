"""Read the settings and keys that a stage's functions were deployed with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from lifestream.client.doctor.findings import Finding, note, ok, warning
from lifestream.domain.transcript import Engines
from lifestream.errors import ConfigurationError
from lifestream.settings import (
    API_KEY_NAMES,
    ApiKeys,
    DoctorSettings,
    EnvSettings,
    IndexSettings,
    SpeechSettings,
    SummarySettings,
)
from lifestream.step_names import Step

if TYPE_CHECKING:
    import boto3

Kind = TypeVar("Kind", bound=EnvSettings)
ASKED = (Step.INSPECT_VIDEO, Step.SUMMARIZE_TRANSCRIPT, Step.INDEX_TRANSCRIPT)
PLACEHOLDER = "unused"
"""A name that the stack itself puts into the secret (cdk_app/api_keys.py)."""


class DeployedStage:
    """A stage whose settings are read from AWS once, on first use.

    A function's environment takes precedence over ours, which supplies the settings that the
    deployment left out.
    """

    def __init__(self, name: str | None, settings: DoctorSettings, session: boto3.Session) -> None:
        self.stack = f"LifeStream-{name or 'dev'}"
        self.option = f" --stage {name}" if name else ""
        """The option that selects this stage in other commands."""
        self.settings = settings
        self.session = session
        self.transcribed_by: Engines | None = None  # known after a round trip

    @cached_property
    def keys(self) -> ApiKeys:
        """Return the deployment's keys. Keys in our own environment are not used by any function.

        Raises ConfigurationError, ClientError."""
        return ApiKeys.model_validate(
            {name: self.secret.get(name) or None for name in API_KEY_NAMES}
        )

    @cached_property
    def secret(self) -> dict[str, str]:
        secrets = self.session.client("secretsmanager")
        name = self.settings.api_keys_secret or ""
        text = secrets.get_secret_value(SecretId=name).get("SecretString", "")
        try:
            stored = json.loads(text)
        except ValueError:
            stored = None
        if not isinstance(stored, dict):
            raise ConfigurationError(
                f"the secret {name} holds no JSON object. Put one there: "
                '\'{"OPENAI_API_KEY": "sk-…", "PINECONE_API_KEY": "…"}\''
            )
        return stored

    @cached_property
    def speech(self) -> SpeechSettings:
        return self._settings(SpeechSettings, Step.INSPECT_VIDEO)

    @cached_property
    def summary(self) -> SummarySettings:
        return self._settings(SummarySettings, Step.SUMMARIZE_TRANSCRIPT)

    @cached_property
    def index(self) -> IndexSettings:
        return self._settings(IndexSettings, Step.INDEX_TRANSCRIPT)

    def _settings(self, kind: type[Kind], step: Step) -> Kind:
        functions = self.session.client("lambda")
        configured = functions.get_function_configuration(FunctionName=self._functions[step])
        variables = configured.get("Environment", {}).get("Variables", {})
        return kind.model_validate(variables)

    @cached_property
    def _functions(self) -> dict[Step, str]:
        """Return step → name of its function. Raises ConfigurationError if the stack has none."""
        names = {
            step: name
            for logical_id, name in self._lambda_functions()
            for step in Step
            if logical_id.startswith(f"{step}Function")
        }
        if missing := {*ASKED} - names.keys():
            raise ConfigurationError(
                f"the stack {self.stack} has no function for {', '.join(sorted(missing))}. "
                "Deploy it again"
            )
        return names

    def _lambda_functions(self) -> Iterator[tuple[str, str]]:
        pages = self.session.client("cloudformation").get_paginator("list_stack_resources")
        for page in pages.paginate(StackName=self.stack):
            for resource in page["StackResourceSummaries"]:
                if resource["ResourceType"] == "AWS::Lambda::Function":
                    yield resource["LogicalResourceId"], resource["PhysicalResourceId"]


def check_secret(stage: DeployedStage) -> Iterator[Finding]:
    held = [name for name in API_KEY_NAMES if stage.secret.get(name)]
    if held:
        yield ok("secret", f"holds {', '.join(held)}")
    else:
        yield note("secret", f"holds no key yet: {stage.settings.api_keys_secret}")
    if unknown := sorted(stage.secret.keys() - {*API_KEY_NAMES, PLACEHOLDER}):
        names = ", ".join(API_KEY_NAMES)
        yield warning("secret", f"unknown names: {', '.join(unknown)}", f"The names are {names}.")
