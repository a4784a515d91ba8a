"""Checkpoints: finished work is found again, and only where it was made from the same inputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders import a_job
from conftest import BUCKET, Aws
from lifestream.aws.artifacts import Artifacts, artifact_key
from lifestream.domain.base import Frozen
from lifestream.errors import ArtifactMissingError
from lifestream.step_names import Step

JOB = a_job().job_id
STEP = Step.EXTRACT_AUDIO


class Facts(Frozen):
    seconds: float


@pytest.fixture
def artifacts(aws: Aws) -> Artifacts:
    return Artifacts(aws.s3, BUCKET)


class Work:
    """Counts how often it is done."""

    def __init__(self) -> None:
        self.done = 0

    def __call__(self) -> Facts:
        self.done += 1
        return Facts(seconds=self.done)


def test_work_is_done_once_for_one_fingerprint(artifacts: Artifacts) -> None:
    work = Work()

    first = artifacts.once(JOB, STEP, "same", work, Facts)
    second = artifacts.once(JOB, STEP, "same", work, Facts)

    assert first == second
    assert work.done == 1
    assert artifacts.has_checkpoint(JOB, STEP, "same")


def test_another_fingerprint_is_another_result(artifacts: Artifacts) -> None:
    work = Work()
    artifacts.once(JOB, STEP, "old", work, Facts)

    assert artifacts.once(JOB, STEP, "new", work, Facts) == Facts(seconds=2)
    assert artifacts.has_checkpoint(JOB, STEP, "new")
    assert not artifacts.has_checkpoint(JOB, STEP, "old")


def test_failed_work_leaves_no_checkpoint(artifacts: Artifacts) -> None:
    def failing() -> Facts:
        raise ArtifactMissingError("nothing there")

    with pytest.raises(ArtifactMissingError):
        artifacts.once(JOB, STEP, "same", failing, Facts)

    assert not artifacts.has_checkpoint(JOB, STEP, "same")


@pytest.mark.parametrize("content", [b"", b"{", b'{"fingerprint": "x"}', b'{"schema_version":"9"}'])
def test_a_checkpoint_that_cannot_be_read_counts_as_none(
    artifacts: Artifacts, content: bytes
) -> None:
    artifacts.put(artifact_key(JOB, STEP, "checkpoint.json"), content, "application/json")

    assert artifacts.once(JOB, STEP, "x", Work(), Facts) == Facts(seconds=1)


def test_missing_artifacts_are_named(artifacts: Artifacts, tmp_path: Path) -> None:
    with pytest.raises(ArtifactMissingError, match=r"ExtractAudio left no .*audio.flac"):
        artifacts.download(JOB, STEP, "audio.flac", tmp_path / "a")
    with pytest.raises(ArtifactMissingError):
        artifacts.load(JOB, STEP, "facts.json", Facts)


def test_a_checkpoint_does_not_stand_for_an_artifact_that_is_gone_or_changed(
    artifacts: Artifacts,
) -> None:
    def make() -> Facts:
        artifacts.put(artifact_key(JOB, STEP, "a.json"), b"whole", "application/json")
        return Facts(seconds=1)

    artifacts.once(JOB, STEP, "x", make, Facts, leaves=["a.json"])
    assert artifacts.has_checkpoint(JOB, STEP, "x")

    artifacts.put(artifact_key(JOB, STEP, "a.json"), b"who", "application/json")

    assert not artifacts.has_checkpoint(JOB, STEP, "x")


def test_another_transcript_of_the_same_sound_is_another_fingerprint(artifacts: Artifacts) -> None:
    def make(text: bytes) -> Facts:
        artifacts.put(artifact_key(JOB, STEP, "a.json"), text, "application/json")
        return Facts(seconds=1)

    artifacts.once(JOB, STEP, "x", lambda: make(b"one"), Facts, leaves=["a.json"])
    first = artifacts.fingerprint(JOB, STEP)
    artifacts.put(artifact_key(JOB, STEP, "a.json"), b"", "application/json")
    artifacts.once(JOB, STEP, "x", lambda: make(b"two"), Facts, leaves=["a.json"])

    assert artifacts.fingerprint(JOB, STEP) != first
