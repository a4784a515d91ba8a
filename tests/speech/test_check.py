"""`main.py --check` runs every engine and names every problem."""

from __future__ import annotations

from pathlib import Path

import pytest
from transcribe_speech.check import check

from lifestream.settings import load


@pytest.fixture(autouse=True)
def environment(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "MODELS_DIR": str(models),
        "WHISPER_MODEL": "tiny",
        "PYANNOTE_MODEL": "tiny-diarization",
        "SPEECH_DEVICE": "cpu",
    }.items():
        monkeypatch.setenv(name, value)
    load.__globals__["_read"].cache_clear()


def test_every_working_part_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(["--check"]) == 0

    said = capsys.readouterr().out
    assert "recognition: faster-whisper/tiny on cpu, " in said
    assert "diarization: pyannote.audio/tiny-diarization on cpu, " in said


def test_the_image_is_checked_without_models(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MODELS_DIR", "/nowhere")

    assert check(["--check", "--without-models"]) == 0
    assert "pyannote.audio 4." in capsys.readouterr().out


def test_each_problem_is_named_and_the_other_checks_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WHISPER_MODEL", "large-v3")

    assert check(["--check"]) == 1

    said = capsys.readouterr().out
    assert "recognition: ModelMissingError: no model in " in said
    assert "lifestream models" in said
    assert "diarization: pyannote.audio/tiny-diarization on cpu, " in said
