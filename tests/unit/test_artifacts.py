"""Checkpoints: finished work is found again if it was made from the same inputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders import a_job
from conftest import BUCKET, Aws
from lifestream.aws.artifacts import Artifacts
from lifestream.domain.base import Frozen
from lifestream.domain.bucket_layout import artifact_key
from lifestream.errors import ArtifactMissingError
from lifestream.step_names import Step

JOB = a_job().job_id
STEP = Step.EXTRACT_AUDIO


class Facts(Frozen):
    seconds: float


@pytest.fixture
def artifacts(aws: Aws) -> Artifacts:
    return Artifacts(aws.s3, BUCKET)


def finish(artifacts: Artifacts, fingerprint: str, seconds: float, *outputs: str) -> None:
    artifacts.checkpoint(JOB, STEP, fingerprint).save(Facts(seconds=seconds), outputs=outputs)


def result(artifacts: Artifacts, fingerprint: str) -> Facts | None:
    return artifacts.checkpoint(JOB, STEP, fingerprint).result(Facts)


def test_finished_work_is_found_for_its_fingerprint(artifacts: Artifacts) -> None:
    assert result(artifacts, "same") is None

    finish(artifacts, "same", 1)

    assert result(artifacts, "same") == Facts(seconds=1)
    assert artifacts.checkpoint(JOB, STEP, "same").is_done


def test_another_fingerprint_is_other_work(artifacts: Artifacts) -> None:
    finish(artifacts, "old", 1)
    assert result(artifacts, "new") is None

    finish(artifacts, "new", 2)

    assert result(artifacts, "new") == Facts(seconds=2)
    assert result(artifacts, "old") is None


@pytest.mark.parametrize("content", [b"", b"{", b'{"fingerprint": "x"}', b'{"schema_version":"9"}'])
def test_a_checkpoint_that_cannot_be_read_counts_as_none(
    artifacts: Artifacts, content: bytes
) -> None:
    artifacts.put(artifact_key(JOB, STEP, "checkpoint.json"), content, "application/json")

    assert result(artifacts, "x") is None


def test_missing_artifacts_are_named(artifacts: Artifacts, tmp_path: Path) -> None:
    with pytest.raises(ArtifactMissingError, match=r"ExtractAudio left no .*audio.flac"):
        artifacts.download(JOB, STEP, "audio.flac", tmp_path / "a")
    with pytest.raises(ArtifactMissingError):
        artifacts.load(JOB, STEP, "facts.json", Facts)


def test_a_checkpoint_does_not_stand_for_an_artifact_that_is_gone_or_changed(
    artifacts: Artifacts,
) -> None:
    artifacts.put(artifact_key(JOB, STEP, "a.json"), b"whole", "application/json")
    finish(artifacts, "x", 1, "a.json")
    assert artifacts.checkpoint(JOB, STEP, "x").is_done

    artifacts.put(artifact_key(JOB, STEP, "a.json"), b"who", "application/json")

    assert not artifacts.checkpoint(JOB, STEP, "x").is_done


def test_another_transcript_of_the_same_audio_is_another_fingerprint(artifacts: Artifacts) -> None:
    artifacts.put(artifact_key(JOB, STEP, "a.json"), b"one", "application/json")
    finish(artifacts, "x", 1, "a.json")
    first = artifacts.fingerprint(JOB, STEP)

    artifacts.put(artifact_key(JOB, STEP, "a.json"), b"two", "application/json")
    finish(artifacts, "x", 1, "a.json")

    assert artifacts.fingerprint(JOB, STEP) != first
