"""Models are fetched once from their hub, checksummed, and copied to the stack's prefix."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from conftest import BUCKET, Aws
from lifestream.aws.model_weights import fetch_models
from lifestream.client.model_weights import fetch, upload
from lifestream.engines.model_weights import SUMS, verified
from lifestream.errors import ConfigurationError, ModelGateError, TransientError
from model_hub import FILES, Hub, running


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with running(Hub(), monkeypatch) as hub:
        yield hub


def test_a_model_gets_from_the_hub_to_the_container_unchanged(
    hub: Hub, aws: Aws, tmp_path: Path
) -> None:
    here = fetch("small", tmp_path / "here", SecretStr("hf_secret"))
    shown: list[str] = []
    upload(aws.s3, BUCKET, here, on_file=shown.append)
    fetch_models(aws.s3, BUCKET, "models", tmp_path / "there")

    there = tmp_path / "there" / "small"
    assert hub.tokens == {"Bearer hf_secret"}
    assert shown == ["deep/config.json", "model.bin", SUMS]
    assert {n: (there / n).read_bytes() for n in FILES} == FILES
    assert verified(there, "model.bin") == there


def test_a_model_with_unaccepted_conditions_is_named(hub: Hub, tmp_path: Path) -> None:
    hub.gated = True

    with pytest.raises(ModelGateError, match="pyannote/speaker-diarization-community-1") as raised:
        fetch("speaker-diarization-community-1", tmp_path, None)
    assert "accept the model's conditions" in raised.value.advice


def test_a_model_that_does_not_exist_is_named(hub: Hub, tmp_path: Path) -> None:
    hub.missing = True

    with pytest.raises(ConfigurationError, match="somebody/faster-whisper-x"):
        fetch("somebody/faster-whisper-x", tmp_path, None)


def test_an_unreachable_hub_is_a_transient_error(hub: Hub, tmp_path: Path) -> None:
    hub.broken = True

    with pytest.raises(TransientError, match="Systran/faster-whisper-small"):
        fetch("small", tmp_path, None)
