"""Settings are read from the environment; one error names everything that is missing."""

from __future__ import annotations

import pytest

from lifestream import settings
from lifestream.errors import ConfigurationError, MissingSettingsError
from lifestream.settings import (
    ApiKeys,
    ClientSettings,
    IndexSettings,
    MediaSettings,
    SpeechSettings,
    SummarySettings,
    load,
)


@pytest.fixture(autouse=True)
def fresh_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    settings.reset()
    for name in ("AWS_S3_BUCKET_NAME", "AWS_SQS_QUEUE_URL", "AWS_SQS_DLQ_URL", "JOBS_TABLE_NAME"):
        monkeypatch.delenv(name, raising=False)


def test_all_missing_names_are_in_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SQS_QUEUE_URL", "http://queue")
    monkeypatch.setenv("JOBS_TABLE_NAME", "")

    with pytest.raises(MissingSettingsError) as error:
        load(ClientSettings)

    assert str(error.value) == "not set: AWS_S3_BUCKET_NAME, AWS_SQS_DLQ_URL, JOBS_TABLE_NAME"


def test_an_unusable_value_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_DURATION_HOURS", "-1")

    with pytest.raises(ConfigurationError, match="MAX_DURATION_HOURS"):
        load(MediaSettings)


def test_an_unknown_engine_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIARIZATION_ENGINE", "parrot")

    with pytest.raises(ConfigurationError, match=r"DIARIZATION_ENGINE.*pyannote"):
        load(SpeechSettings)


def test_arguments_take_precedence_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_DURATION_HOURS", "3")

    assert MediaSettings().max_duration_hours == 3
    assert MediaSettings(max_duration_hours=2).max_duration_hours == 2
    assert MediaSettings.model_validate({"MAX_DURATION_HOURS": "1"}).max_duration_hours == 1


def test_keys_never_show_in_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")

    assert "sk-canary" not in repr(ApiKeys())
    assert "sk-canary" not in ApiKeys().model_dump_json()


def test_model_folder_and_device_do_not_change_the_fingerprint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = SpeechSettings().identity()
    monkeypatch.setenv("MODELS_DIR", "/elsewhere")
    monkeypatch.setenv("SPEECH_DEVICE", "cuda")

    assert SpeechSettings().identity() == here

    monkeypatch.setenv("WHISPER_MODEL", "tiny")

    assert SpeechSettings().identity() != here


@pytest.mark.parametrize(
    ("name", "before", "now"),
    [
        ("DIARIZATION_ENGINE", "embedded", "clustering"),
        ("SUMMARIZATION_ENGINE", "extractive", "lexrank"),
        ("EMBEDDING_ENGINE", "embedded", "wordllama"),
        ("VECTOR_INDEX", "embedded", "s3"),
    ],
)
def test_engine_names_of_earlier_versions_are_accepted(name: str, before: str, now: str) -> None:
    values = [
        kind.model_validate({name: before}).model_dump(by_alias=True)[name]
        for kind in (SpeechSettings, SummarySettings, IndexSettings)
        if name in kind.variables()
    ]

    assert values == [now]
