"""Queue messages are parsed into jobs."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_failure, a_job
from conftest import BUCKET
from lifestream.domain.messages import parse_message
from lifestream.errors import InvalidMessageError

TOO_DEEP = '{"Records": ' + "[" * 100_000


def s3_record(key: str, *, event: str = "ObjectCreated:Put", version: str = "v1") -> dict[str, Any]:
    return {
        "eventSource": "aws:s3",
        "eventName": event,
        "eventTime": "2026-11-23T12:00:00.000Z",
        "s3": {
            "bucket": {"name": "videos"},
            "object": {
                "key": quote_plus(key, safe="/"),
                "size": 5,
                "eTag": "abc",
                "versionId": version,
                "sequencer": "0055",
            },
        },
    }


def event_bridge(key: str) -> dict[str, Any]:
    entity = {"key": key, "size": 5, "etag": "abc", "version-id": "v1", "sequencer": "0055"}
    return {
        "detail-type": "Object Created",
        "time": "2026-11-23T12:00:00Z",
        "detail": {"bucket": {"name": "videos"}, "object": entity},
    }


@pytest.mark.parametrize(
    "key",
    [
        "uploads/a b.mp4",
        "uploads/a+b.mp4",
        "uploads/100%.mp4",
        "uploads/%2B.mp4",
        'uploads/it\'s "quoted".mp4',
        "uploads/会議 Übung.mp4",
        "uploads/🎬.mp4",
        "uploads/../secret.mp4",
        "uploads/line\nbreak.mp4",
    ],
)
def test_keys_arrive_as_they_were_uploaded(key: str) -> None:
    [job] = parse_message(json.dumps({"Records": [s3_record(key)]}), bucket=BUCKET).jobs

    assert job.key == key


@given(st.text(min_size=1, max_size=200))
def test_both_forms_of_an_event_are_the_same_job(name: str) -> None:
    key = f"uploads/{name}"

    [from_s3] = parse_message(json.dumps({"Records": [s3_record(key)]}), bucket=BUCKET).jobs
    [from_event_bridge] = parse_message(json.dumps(event_bridge(key)), bucket=BUCKET).jobs

    assert from_s3 == from_event_bridge


def test_every_record_of_a_message_is_a_job() -> None:
    records = [s3_record(f"uploads/{n}.mp4") for n in range(10)]

    jobs = parse_message(json.dumps({"Records": records}), bucket=BUCKET).jobs

    assert [job.key for job in jobs] == [f"uploads/{n}.mp4" for n in range(10)]


@pytest.mark.parametrize(
    "message",
    [
        {"Event": "s3:TestEvent", "Bucket": "videos"},
        {"Records": [s3_record("uploads/a.mp4", event="ObjectRemoved:Delete")]},
        {"Records": [s3_record("results/a.mp4")]},
    ],
)
def test_messages_that_are_not_uploads_are_ignored(message: dict[str, Any]) -> None:
    assert parse_message(json.dumps(message), bucket=BUCKET) == ([], [])


@pytest.mark.parametrize(
    "body",
    ["", "not json", "[]", "{}", '{"Records": []}', '{"job_id": "x"}', "null", TOO_DEEP],
)
def test_a_message_that_is_neither_event_nor_job_is_rejected(body: str) -> None:
    with pytest.raises(InvalidMessageError):
        parse_message(body, bucket=BUCKET)


def test_an_event_of_another_bucket_is_rejected() -> None:
    asked = parse_message(json.dumps({"Records": [s3_record("uploads/a.mp4")]}), bucket="other")

    assert asked.jobs == []
    assert asked.unusable == ["the message is not about the bucket other"]


def test_a_dlq_message_is_the_next_attempt_of_the_same_job() -> None:
    failure = a_failure()
    dead = a_job().model_copy(update={"failure": failure})

    [job] = parse_message(dead.model_dump_json(), bucket=BUCKET).jobs

    assert (job.job_id, job.attempt, job.failure) == (dead.job_id, 2, None)


@pytest.mark.parametrize("version", ["0", "2", 1, None])
def test_a_message_of_another_schema_is_refused_by_name(version: object) -> None:
    """It may come from another deployment, or from before an upgrade."""
    message = json.loads(a_job().model_dump_json()) | {"schema_version": version}

    with pytest.raises(InvalidMessageError, match="schema_version"):
        parse_message(json.dumps(message), bucket=BUCKET)


def test_an_unknown_field_is_named_in_the_error() -> None:
    message = json.loads(a_job().model_dump_json()) | {"priority": "high"}

    with pytest.raises(InvalidMessageError, match="priority"):
        parse_message(json.dumps(message), bucket=BUCKET)
