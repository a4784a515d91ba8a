"""`search` and `ask` show the names that users gave to speakers, and accept them as filters."""

from __future__ import annotations

from typing import Any

import pytest

from builders import a_job
from built_in_models import word_vectors
from cdk_app.local.model_weights import BUILT_IN
from conftest import BUCKET, JOBS, Aws
from lifestream.aws import clients
from lifestream.aws.job_table import JobTable
from lifestream.client.connection import connect
from lifestream.client.library import ask, search
from lifestream.client.speakers import name_speaker
from lifestream.domain.job import ProcessingJob
from lifestream.engines.vector_index import Hit, SearchFilter
from lifestream.engines.vector_index import s3 as s3_index
from lifestream.errors import UnknownSpeakerError
from lifestream.resources import voiceprints
from published import publish_and_index

MONDAY, TUESDAY = a_job(key="uploads/monday.mp4"), a_job(key="uploads/tuesday.mp4")
ROSES = "The roses need water every evening in summer."
BREAD = "She baked bread with nuts, and the children ate all of it."
TRAIN = "The train to the coast was late again, so we missed the boat."
CHOIR = "Our choir sings in the old church on Sunday, and tickets are free."


@pytest.fixture(autouse=True)
def library(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setenv("AWS_SQS_QUEUE_URL", aws.queue_url)
    monkeypatch.setenv("AWS_SQS_DLQ_URL", aws.dlq_url)
    monkeypatch.setenv("MODELS_DIR", str(BUILT_IN))
    word_vectors()
    publish_and_index(aws, MONDAY, long_turns(("SPEAKER_00", ROSES), ("SPEAKER_01", BREAD)))
    publish_and_index(aws, TUESDAY, long_turns(("SPEAKER_00", TRAIN), ("SPEAKER_01", CHOIR)))
    return aws


def long_turns(*turns: tuple[str, str]) -> list[tuple[str, str, float]]:
    """Make each turn long enough to be its own passage."""
    return [(who, " ".join([text] * 12), 60.0 * number) for number, (who, text) in enumerate(turns)]


def name(job: ProcessingJob, speaker: str, called: str) -> None:
    record = JobTable(clients.table(JOBS)).find(job.job_id)
    assert record is not None
    name_speaker(clients.s3(), record, speaker, called)


def hits_of(speaker: str, *, key: str | None = None) -> list[Hit]:
    search_filter = SearchFilter(speaker=speaker, key=key)
    return search("roses", connect(), limit=9, search_filter=search_filter)


def test_a_hit_shows_ids_that_stay_and_names_that_people_read() -> None:
    name(MONDAY, "Speaker 1", "Ada")

    best, *_ = search("roses in summer", connect())

    assert (best.speakers, best.names) == (("SPEAKER_00",), ("Ada",))


def test_speakers_without_a_name_are_counted_from_one() -> None:
    best, *_ = search("bread with nuts", connect())

    assert (best.speakers, best.names) == (("SPEAKER_01",), ("Speaker 2",))


@pytest.mark.parametrize("typed", ["Speaker 1", "SPEAKER_00", "speaker 1"])
def test_an_id_means_that_speaker_of_every_recording(typed: str) -> None:
    name(MONDAY, "SPEAKER_00", "Ada")

    assert {(hit.key, hit.names) for hit in hits_of(typed)} == {
        (MONDAY.key, ("Ada",)),
        (TUESDAY.key, ("Speaker 1",)),
    }


def test_a_name_means_that_person_in_the_recordings_that_hold_it() -> None:
    name(MONDAY, "SPEAKER_00", "Ada")
    name(TUESDAY, "SPEAKER_01", "Ada")

    assert {(hit.key, hit.speakers) for hit in hits_of("ada")} == {
        (MONDAY.key, ("SPEAKER_00",)),
        (TUESDAY.key, ("SPEAKER_01",)),
    }
    assert {hit.key for hit in hits_of("Ada", key=TUESDAY.key)} == {TUESDAY.key}


def test_a_speaker_filter_limits_the_answer_to_that_speaker() -> None:
    name(MONDAY, "SPEAKER_00", "Ada")

    hers = ask("What do the roses need?", connect(), search_filter=SearchFilter(speaker="Ada"))
    not_hers = ask("Who ate the bread?", connect(), search_filter=SearchFilter(speaker="Ada"))

    assert hers.sentences[0].speakers == ("Ada",)
    assert not_hers.sentences == ()


def test_only_the_corrected_name_is_found() -> None:
    name(MONDAY, "SPEAKER_00", "Eve")

    name(MONDAY, "Eve", "Ada")

    assert hits_of("Ada")
    with pytest.raises(UnknownSpeakerError, match="'Eve'"):
        hits_of("Eve")


def test_a_name_that_the_results_no_longer_hold_is_not_found() -> None:
    """A redrive may have published the results without a name that matched a voice before."""
    voiceprints().note_names(MONDAY.job_id, {"SPEAKER_00": "Ada"})

    with pytest.raises(UnknownSpeakerError):
        hits_of("Ada")


@pytest.mark.parametrize("unknown", ["Zoe", "Speaker 8", "SPEAKER_07", "Speaker 0"])
def test_an_unknown_speaker_is_an_error_and_not_an_empty_answer(unknown: str) -> None:
    name(MONDAY, "SPEAKER_00", "Ada")

    with pytest.raises(UnknownSpeakerError, match=unknown):
        hits_of(unknown)
    with pytest.raises(UnknownSpeakerError, match=unknown):
        ask("roses?", connect(), search_filter=SearchFilter(speaker=unknown))


def test_a_speaker_missing_in_the_video_is_an_error() -> None:
    name(MONDAY, "SPEAKER_00", "Ada")

    with pytest.raises(UnknownSpeakerError, match="Ada"):
        hits_of("Ada", key=TUESDAY.key)


def test_a_filter_that_leaves_no_recording_finds_nothing() -> None:
    assert hits_of("Speaker 1", key="uploads/other.mp4") == []


def test_results_that_are_gone_leave_the_counted_name(library: Aws) -> None:
    name(MONDAY, "SPEAKER_00", "Ada")
    library.s3.delete_object(Bucket=BUCKET, Key=f"{MONDAY.results_prefix}manifest.json")

    best, *_ = search("roses in summer", connect())

    assert best.names == ("Speaker 1",)


def test_a_name_filter_reads_the_recordings_that_hold_it_and_no_transcript(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name(MONDAY, "SPEAKER_00", "Ada")
    s3_index._remembered.clear()
    read: list[str] = []
    fetch = clients.s3().get_object

    def remembered(**request: Any) -> Any:
        read.append(request["Key"])
        return fetch(**request)

    monkeypatch.setattr(clients.s3(), "get_object", remembered)

    hits_of("Ada")

    assert sorted(key.rpartition("/")[2] for key in read) == [
        f"{MONDAY.job_id}.json",
        "manifest.json",
    ]
