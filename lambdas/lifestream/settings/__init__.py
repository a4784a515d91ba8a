"""Read the environment into frozen settings. No other package reads environment variables.

A settings class holds what one kind of process needs; `load` names every missing variable in one
error. A setting has a default only if it suits every deployment.

environment  how settings are read
engines      settings of the engines
costs        what costs depend on, and caps
deployment   what each kind of process needs to know about its deployment
"""

from __future__ import annotations

from lifestream.settings.costs import CostSettings, DayCapSettings, JobCapSettings
from lifestream.settings.deployment import (
    API_KEY_NAMES,
    ApiKeys,
    ApiSettings,
    AwsSettings,
    ClientSettings,
    ContainerSettings,
    DispatcherSettings,
    DoctorSettings,
    EraserSettings,
    FunctionSettings,
    LoaderSettings,
    MediaSettings,
    OperatorSettings,
    ReceiptSettings,
    RetentionSettings,
    SignInSettings,
    SlotSettings,
    StageSettings,
    StateMachineSettings,
    Storage,
    WebhookSettings,
)
from lifestream.settings.engines import (
    IndexSettings,
    SpeechSettings,
    SummarySettings,
    VoiceSettings,
)
from lifestream.settings.environment import EnvSettings, load, reset

__all__ = [
    "API_KEY_NAMES",
    "ApiKeys",
    "ApiSettings",
    "AwsSettings",
    "ClientSettings",
    "ContainerSettings",
    "CostSettings",
    "DayCapSettings",
    "DispatcherSettings",
    "DoctorSettings",
    "EnvSettings",
    "EraserSettings",
    "FunctionSettings",
    "IndexSettings",
    "JobCapSettings",
    "LoaderSettings",
    "MediaSettings",
    "OperatorSettings",
    "ReceiptSettings",
    "RetentionSettings",
    "SignInSettings",
    "SlotSettings",
    "SpeechSettings",
    "StageSettings",
    "StateMachineSettings",
    "Storage",
    "SummarySettings",
    "VoiceSettings",
    "WebhookSettings",
    "load",
    "reset",
]
