"""Identity, options and the exact JSON round trip of a job."""

from __future__ import annotations

import json
import re

import botocore.session
import pytest
from botocore.validate import validate_parameters
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from builders import a_failure, a_job
from lifestream.domain.job import JobStatus, ProcessingJob, derive_job_id, job_id_in
from lifestream.domain.options import JobOptions


@given(key=st.text(min_size=1), metadata=st.dictionaries(st.text(), st.text()))
def test_json_round_trip_is_exact_for_any_key(key: str, metadata: dict[str, str]) -> None:
    job = a_job(key=f"uploads/{key}").model_copy(update={"metadata": metadata})

    assert ProcessingJob.model_validate_json(job.model_dump_json()) == job


def test_same_version_is_the_same_job_and_another_version_another() -> None:
    assert a_job(version="v1").job_id == a_job(version="v1").job_id
    assert a_job(version="v1").job_id != a_job(version="v2").job_id
    assert a_job(key="uploads/a.mp4").job_id != a_job(key="uploads/b.mp4").job_id


def test_without_versioning_etag_and_sequencer_tell_uploads_apart() -> None:
    def unversioned(sequencer: str) -> ProcessingJob:
        return ProcessingJob.for_upload(
            bucket="videos", key="uploads/a.mp4", version_id="null", etag="e", sequencer=sequencer
        )

    assert unversioned("01").job_id == unversioned("01").job_id
    assert unversioned("01").job_id != unversioned("02").job_id
    assert unversioned("01").version_id is None
    job = unversioned("01")
    assert ProcessingJob.model_validate_json(job.model_dump_json()) == job


OTHER = a_job(key="uploads/other.mp4")


@pytest.mark.parametrize(
    "claim",
    [
        {"job_id": OTHER.job_id},
        {"job_id": a_job().job_id[:8] + OTHER.job_id[8:]},
        {"key": OTHER.key},
        {"version_id": "v2"},
        {"version_id": None},
        {"bucket": "somebody-elses"},
        {"key": "jobs/x/x.mp4"},
        {"key": f"uploads/{'x' * 1_020}.mp4"},
        {"attempt": 0},
        {"attempt": 10_000_000},
        {"size": -1},
        {"size": 10**40},
        {"submitted_at": "9999-12-31T23:59:59Z"},
        {"submitted_at": "1969-12-31T23:59:59Z"},
        {"submitted_at": "2026-11-24T12:00:00"},
        {"etag": "e" * 201},
        {"metadata": {"note": "m" * 2_000}},
    ],
    ids=str,
)
def test_a_job_with_contradictory_fields_is_rejected(claim: dict[str, object]) -> None:
    message = json.loads(a_job().model_dump_json()) | claim

    with pytest.raises(ValidationError):
        ProcessingJob.model_validate_json(json.dumps(message))


def test_execution_name_fits_step_functions_and_carries_the_attempt() -> None:
    job = a_job()
    failure = a_failure()

    again = job.model_copy(update={"failure": failure}).for_redrive()

    assert job.execution_name == f"talk-{job.job_id}"
    assert again.execution_name == f"talk-{job.job_id}-2"
    assert again.failure is None
    assert again.status == JobStatus.QUEUED
    assert len(again.execution_name) <= 80


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Team Meeting (final).mp4", "team-meeting-final"),
        ("Gespräch über Café.mov", "gesprach-uber-cafe"),
        ("会議.mkv", "video"),
        ("a" * 300 + ".mp4", "a" * 38),
        ("<*?>|~`$&;:.mp4", "video"),
    ],
)
def test_the_execution_is_named_after_the_file_in_ascii(name: str, slug: str) -> None:
    job = a_job(key=f"uploads/team/{name}")

    assert job.execution_name == f"{slug}-{job.job_id}"
    last = job.model_copy(update={"attempt": 9_999_999}).execution_name
    model = botocore.session.get_session().get_service_model("stepfunctions")
    shape = model.operation_model("StartExecution").input_shape
    assert shape
    validate_parameters({"stateMachineArn": "arn", "name": last}, shape)
    assert re.fullmatch(r"[a-z0-9-]{1,80}", last)


@pytest.mark.parametrize(
    ("key", "prefix"),
    [
        ("uploads/talk.mp4", "results/talk."),
        ("uploads/team/talk.v2.mp4", "results/team/talk.v2."),
        ("uploads/no extension", "results/no extension."),
    ],
)
def test_results_are_named_after_the_video(key: str, prefix: str) -> None:
    job = a_job(key=key)

    assert job.results_prefix == f"{prefix}{job.job_id}/"


@pytest.mark.parametrize(
    "options",
    [
        {"speakers": 2, "min_speakers": 1},
        {"min_speakers": 3, "max_speakers": 2},
        {"speakers": 0},
        {"language": "English"},
        {"hotwords": ["x" * 2_000]},
        {"unknown": 1},
    ],
)
def test_contradictory_or_unknown_options_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        JobOptions.model_validate(options)


def test_a_message_of_another_schema_version_is_refused_by_name() -> None:
    message = json.loads(a_job().model_dump_json()) | {"schema_version": "2"}

    with pytest.raises(ValidationError, match="schema_version"):
        ProcessingJob.model_validate(message)


def test_shifting_text_between_identity_fields_changes_the_id() -> None:
    assert derive_job_id("a", "b", "c") != derive_job_id("a", "bc", "")


@pytest.mark.parametrize("attempt", [1, 2, 12_345])
def test_the_name_of_an_execution_contains_the_job_id(attempt: int) -> None:
    job = a_job().model_copy(update={"attempt": attempt})

    assert job_id_in(job.execution_name) == job_id_in(job.job_id) == job.job_id
    assert job_id_in("nobody") is None
