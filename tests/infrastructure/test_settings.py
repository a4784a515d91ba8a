"""Every setting has a test that shows its effect."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdk_app.config import Config
from lifestream.domain.options import JobOptions
from lifestream.settings import SpeechSettings, VoiceSettings

TESTS = Path(__file__).parent.parent
OFFERED = {*JobOptions.model_fields, *SpeechSettings.model_fields, *VoiceSettings.model_fields}


def verify_sentence() -> Iterator[str]:
    """Return the arguments of every `pytest.mark.setting(…)` in the tests."""
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.setting":
                yield from (ast.literal_eval(argument) for argument in node.args)


def test_every_setting_of_the_engines_and_of_a_job_has_a_test() -> None:
    assert set(verify_sentence()) == OFFERED


def test_the_deployment_takes_speech_settings_as_an_object_or_as_json() -> None:
    given = {"VAD_THRESHOLD": "0.6", "VOICE_MIN_SCORE": "0.8"}

    for speech in (given, '{"VAD_THRESHOLD": "0.6", "VOICE_MIN_SCORE": "0.8"}'):
        config = Config.model_validate({"speech": speech})
        assert given.items() <= config.speech_environment.items()


@pytest.mark.parametrize("speech", [{"VAD_TRESHOLD": "0.6"}, {"VAD_THRESHOLD": "7"}])
def test_settings_that_an_engine_would_reject_fail_before_the_deployment(
    speech: dict[str, str],
) -> None:
    with pytest.raises(ValueError, match="VAD_T"):
        Config.model_validate({"speech": speech})
