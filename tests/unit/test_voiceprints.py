"""A speaker who was named once is recognized in later recordings, with a score."""

from __future__ import annotations

from typing import Any

import pytest

from builders import MEETING, a_draft, a_job, a_publishable_job, evidence_of
from conftest import BUCKET, JOBS, Aws
from lifestream.aws import clients
from lifestream.aws.artifacts import DIAGNOSTICS, SUMMARY, TRANSCRIPT
from lifestream.aws.job_table import JobTable
from lifestream.client.s3_results import S3Results
from lifestream.client.speakers import name_speaker
from lifestream.domain.citations import verified
from lifestream.domain.job import JobStatus
from lifestream.domain.job_record import JobRecord
from lifestream.domain.speech.voiceprints import NamedVoiceprint, matches_of, similarity
from lifestream.domain.step_payloads import PublishableJob
from lifestream.domain.summary import Drafted
from lifestream.domain.transcript import Transcript
from lifestream.errors import UnknownSpeakerError, UsageError
from lifestream.resources import artifacts, voiceprints
from lifestream.step_names import Step
from steps.publish_results import handler

ADA, BOB = (1.0, 0.1, 0.0), (0.0, 0.1, 1.0)
ENGINE = MEETING.engines.diarization


def known(name: str, vector: tuple[float, ...], engine: str = ENGINE) -> NamedVoiceprint:
    return NamedVoiceprint(name=name, engine=engine, vector=vector, job_id="0" * 32, speaker="S")


def voices_of(*vectors: tuple[float, ...]) -> Any:
    prints = [{"speaker": f"SPEAKER_0{i}", "vector": v} for i, v in enumerate(vectors)]
    return evidence_of(MEETING, voices=prints)


def names(diagnostics: Any, *people: NamedVoiceprint, min_score: float = 0.75) -> dict[str, str]:
    return {m.speaker: m.name for m in matches_of(diagnostics, people, min_score=min_score)}


def test_each_voice_gets_the_name_that_fits() -> None:
    people = (known("Ada", ADA), known("Bob", BOB))

    assert names(voices_of(BOB, ADA), *people) == {"SPEAKER_00": "Bob", "SPEAKER_01": "Ada"}


@pytest.mark.setting("min_score")
@pytest.mark.parametrize(("min_score", "found"), [(0.6, {"SPEAKER_00": "Ada"}), (0.9, {})])
def test_the_required_similarity_can_be_set(min_score: float, found: dict[str, str]) -> None:
    similar = (0.7, 0.1, 0.6)

    assert names(voices_of(similar), known("Ada", ADA), min_score=min_score) == found


def test_two_names_that_fit_equally_give_no_name() -> None:
    assert names(voices_of(ADA), known("Ada", ADA), known("Eve", (1.0, 0.11, 0.0))) == {}


def test_a_name_goes_to_one_speaker_only() -> None:
    assert names(voices_of((1.0, 0.3, 0.0), ADA), known("Ada", ADA)) == {"SPEAKER_01": "Ada"}


def test_several_voiceprints_of_a_person_count_as_one_person() -> None:
    people = (known("Ada", ADA), known("Ada", (1.0, 0.12, 0.0)))

    assert names(voices_of(ADA), *people) == {"SPEAKER_00": "Ada"}


def test_voiceprints_of_another_engine_are_not_compared() -> None:
    assert names(voices_of(ADA), known("Ada", ADA, engine="other")) == {}
    assert similarity((1.0,), (1.0, 0.0)) == 0
    assert similarity((0.0,), (0.0,)) == 0


@pytest.fixture
def publish(aws: Aws) -> Any:  # noqa: ARG001
    """Publish the meeting as a job with this key and these voices."""

    def publish(key: str, *vectors: tuple[float, ...], attempt: int = 1) -> JobRecord:
        of_key = a_job(key=key).model_copy(update={"attempt": attempt})
        job = PublishableJob(**a_publishable_job().model_dump() | of_key.model_dump())
        transcript = MEETING.model_copy(update={"job_id": job.job_id})
        drafted = Drafted(draft=a_draft(abstract="x"))
        for step, name, model in (
            (Step.TRANSCRIBE_SPEECH, TRANSCRIPT, transcript),
            (
                Step.TRANSCRIBE_SPEECH,
                DIAGNOSTICS,
                voices_of(*vectors).model_copy(update={"job_id": job.job_id}),
            ),
            (Step.SUMMARIZE_TRANSCRIPT, SUMMARY, verified(drafted, transcript, engine="test")),
        ):
            artifacts().save(job.job_id, step, name, model)
        jobs = JobTable(clients.table(JOBS))
        jobs.accept(of_key)
        published = handler(job.model_dump(mode="json"), None)
        jobs.finish(job, JobStatus.PARTIAL, results_prefix=published["published_prefix"])
        record = jobs.find(job.job_id)
        assert record is not None
        return record

    return publish


def speakers_of(record: JobRecord) -> dict[str, tuple[str | None, float | None]]:
    text = S3Results(clients.s3(), record).read("transcript.json")
    speakers = Transcript.model_validate_json(text).speakers
    return {one.id: (one.name, one.name_score) for one in speakers}


def test_a_named_voice_is_known_in_the_next_recording(publish: Any) -> None:
    first = publish("uploads/monday.mp4", ADA, BOB)

    naming = name_speaker(clients.s3(), first, "SPEAKER_01", "Bob")
    second = publish("uploads/tuesday.mp4", BOB, (0.5, 0.5, 0.5))

    assert naming.is_remembered
    assert speakers_of(first) == {"SPEAKER_00": (None, None), "SPEAKER_01": ("Bob", None)}
    assert speakers_of(second) == {"SPEAKER_00": ("Bob", 1.0), "SPEAKER_01": (None, None)}
    assert "**Bob** (0:00)" in S3Results(clients.s3(), second).read("result.md")
    assert voiceprints().jobs_with("bob") == {
        first.job_id: ("SPEAKER_01",),
        second.job_id: ("SPEAKER_00",),
    }


def test_renaming_rewrites_the_results_that_contain_the_name(publish: Any) -> None:
    record = publish("uploads/monday.mp4", ADA, BOB)
    results = S3Results(clients.s3(), record)
    before = {name: results.read(name) for name in results.names()}

    name_speaker(clients.s3(), record, "SPEAKER_00", "  Ada \n Lovelace ")
    name_speaker(clients.s3(), record, "SPEAKER_01", "Bob")

    after = {name: results.read(name) for name in results.names()}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {
        "transcript.json",
        "transcript.txt",
        "result.md",
        "result.html",
        "manifest.json",
    }
    assert "**Ada Lovelace** (0:00)" in after["result.md"]
    assert "**Bob** (0:05)" in after["result.md"]


def test_a_name_that_was_given_survives_a_second_publication(publish: Any) -> None:
    record = publish("uploads/monday.mp4")  # no voice prints
    naming = name_speaker(clients.s3(), record, "SPEAKER_00", "Ada")

    again = publish("uploads/monday.mp4", attempt=2)

    assert not naming.is_remembered
    assert again.job_id == record.job_id
    assert speakers_of(again)["SPEAKER_00"] == ("Ada", None)


def test_a_name_outlives_the_job_s_artifacts(publish: Any, aws: Aws) -> None:
    record = publish("uploads/monday.mp4", ADA)
    listed = aws.s3.list_objects_v2(Bucket=BUCKET, Prefix="jobs/")["Contents"]
    for entry in listed:
        aws.s3.delete_object(Bucket=BUCKET, Key=entry["Key"])

    naming = name_speaker(clients.s3(), record, "SPEAKER_00", "Ada")

    assert not naming.is_remembered
    assert speakers_of(record)["SPEAKER_00"] == ("Ada", None)


def test_a_corrected_name_replaces_the_wrong_one_everywhere(publish: Any) -> None:
    record = publish("uploads/monday.mp4", ADA)
    name_speaker(clients.s3(), record, "SPEAKER_00", "Eve")

    name_speaker(clients.s3(), record, "SPEAKER_00", "Ada")

    assert [voice.name for voice in voiceprints().known()] == ["Ada"]
    assert speakers_of(publish("uploads/tuesday.mp4", ADA))["SPEAKER_00"] == ("Ada", 1.0)


def test_a_forgotten_voice_is_not_known_any_more(publish: Any) -> None:
    name_speaker(clients.s3(), publish("uploads/monday.mp4", ADA), "SPEAKER_00", "Ada")

    assert voiceprints().forget("Ada") == 1

    assert speakers_of(publish("uploads/tuesday.mp4", ADA))["SPEAKER_00"] == (None, None)


@pytest.mark.parametrize("name", ["", " \n", "x" * 81, "\u202e", "\u200b\u2060\u00ad"])
def test_an_invalid_name_is_rejected(publish: Any, name: str) -> None:
    record = publish("uploads/monday.mp4")

    with pytest.raises(UsageError, match="a name has 1 to 80 characters"):
        name_speaker(clients.s3(), record, "SPEAKER_00", name)


@pytest.mark.parametrize("typed", ["SPEAKER_07", "Speaker 3", "Zoe", ""])
def test_an_unknown_speaker_is_rejected(publish: Any, typed: str) -> None:
    record = publish("uploads/monday.mp4")
    name_speaker(clients.s3(), record, "SPEAKER_00", "Ada")

    with pytest.raises(UnknownSpeakerError, match="its speakers: Ada, Speaker 2"):
        name_speaker(clients.s3(), record, typed, "Bob")


@pytest.mark.parametrize("typed", ["SPEAKER_01", "Speaker 2", "speaker 2", "Eve", "eve"])
def test_a_speaker_is_named_by_either_form_of_the_id_and_by_name(publish: Any, typed: str) -> None:
    record = publish("uploads/monday.mp4")
    name_speaker(clients.s3(), record, "SPEAKER_01", "Eve")

    name_speaker(clients.s3(), record, typed, "Ada")

    assert speakers_of(record) == {"SPEAKER_00": (None, None), "SPEAKER_01": ("Ada", None)}


def test_an_ambiguous_name_matches_no_speaker(publish: Any) -> None:
    record = publish("uploads/monday.mp4")
    for speaker in ("Speaker 1", "Speaker 2"):
        name_speaker(clients.s3(), record, speaker, "Ada")

    with pytest.raises(UnknownSpeakerError, match="SPEAKER_00, SPEAKER_01"):
        name_speaker(clients.s3(), record, "Ada", "Bob")


@pytest.mark.parametrize("name", ["Speaker 2", "SPEAKER_01", "speaker 9"])
def test_a_name_that_reads_like_an_id_is_refused(publish: Any, name: str) -> None:
    with pytest.raises(UsageError, match="without a name"):
        name_speaker(clients.s3(), publish("uploads/monday.mp4"), "SPEAKER_00", name)


def test_a_hostile_name_formats_nothing(publish: Any) -> None:
    record = publish("uploads/monday.mp4")

    name_speaker(clients.s3(), record, "SPEAKER_00", "<b>[x](http://e.example)")

    page = S3Results(clients.s3(), record).read("result.md")
    assert "<b>" not in page
    assert "http://e" not in page
