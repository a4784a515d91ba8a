"""Recordings are searched, questions answered and speakers named through the API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api_requests import request
from builders import SUBMITTED, a_job
from cdk_app.local.model_weights import BUILT_IN
from conftest import Aws
from lifestream import resources
from lifestream.domain.speech.voiceprints import NamedVoiceprint
from published import publish_and_index

TALK = a_job(key="uploads/talk.mp4")
GARDEN = a_job(key="uploads/garden.mp4")


@pytest.fixture(autouse=True)
def _recordings(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SQS_QUEUE_URL", aws.queue_url)
    monkeypatch.setenv("AWS_SQS_DLQ_URL", aws.dlq_url)
    monkeypatch.setenv("MODELS_DIR", str(BUILT_IN))
    publish_and_index(
        aws,
        TALK,
        [("SPEAKER_00", "We ship it on Friday.", 1.0), ("SPEAKER_01", "I write the notes.", 4.0)],
    )
    publish_and_index(aws, GARDEN, [("SPEAKER_00", "The roses need water.", 2.0)])


def passages(**query: str) -> list[Any]:
    answer = request("GET", "/v1/search", query=query)
    assert answer.status == 200, answer.text
    found: list[Any] = answer.json["passages"]
    return found


def test_the_best_passage_comes_first() -> None:
    [best, *_] = passages(q="when do we ship?")

    assert (best["job_id"], best["key"]) == (TALK.job_id, TALK.key)
    assert best["text"].startswith("We ship it on Friday.")
    assert "Speaker 1" in best["speakers"]


def test_a_search_is_limited_to_a_recording_a_speaker_or_a_time() -> None:
    assert {one["key"] for one in passages(q="ship", key=GARDEN.key)} == {GARDEN.key}
    assert {one["key"] for one in passages(q="roses", speaker="SPEAKER_01")} == {TALK.key}
    assert passages(q="ship", since=SUBMITTED.replace(year=2027).isoformat()) == []


@pytest.mark.parametrize(
    ("query", "status", "error"),
    [
        ({}, 422, "InvalidRequestError"),
        ({"q": " "}, 422, "InvalidRequestError"),
        ({"q": "x" * 10_000}, 422, "InvalidRequestError"),
        ({"q": "ship", "limit": "101"}, 422, "InvalidRequestError"),
        ({"q": "ship", "since": "yesterday"}, 422, "InvalidRequestError"),
        ({"q": "ship", "speaker": "Zoe"}, 404, "UnknownSpeakerError"),
    ],
)
def test_a_search_that_cannot_be_done_says_why(
    query: dict[str, str], status: int, error: str
) -> None:
    answer = request("GET", "/v1/search", query=query)

    assert (answer.status, answer.json["error"]) == (status, error)


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/search"), ("POST", "/v1/ask")])
def test_a_deployment_without_an_index_says_so(
    method: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No alarm of server errors rings for it: nothing is broken."""
    monkeypatch.setenv("VECTOR_INDEX", "off")
    asked = {"q": "ship"} if method == "GET" else None

    answer = request(method, path, query=asked, body=None if asked else {"question": "ship?"})

    assert (answer.status, answer.json["error"]) == (409, "SwitchedOffError")


def test_a_question_is_answered_with_quotes() -> None:
    answer = request("POST", "/v1/ask", body={"question": "When do we ship it?"}).json

    [sentence, *_] = answer["sentences"]
    assert "We ship it on Friday." in sentence["quote"]
    assert sentence["job_id"] == TALK.job_id


def test_a_body_that_the_gateway_encoded_is_read() -> None:
    body = json.dumps({"question": "When do we ship it?"}).encode()

    assert request("POST", "/v1/ask", body=body).json["sentences"]


def test_a_question_that_no_recording_answers_gets_no_sentence() -> None:
    body = {"question": "When do we ship it?", "since": "2027-01-01T00:00:00Z"}

    assert request("POST", "/v1/ask", body=body).json["sentences"] == []


def test_a_speaker_gets_a_name_that_searches_show() -> None:
    body = {"speaker": "Speaker 1", "name": "Ada / Müller"}

    naming = request("PUT", f"/v1/jobs/{TALK.job_id}/speakers", body=body)

    assert (naming.status, naming.json["names"]) == (200, {"SPEAKER_00": "Ada / Müller"})
    [best, *_] = passages(q="ship", speaker="ada / müller")
    assert "Ada / Müller" in best["speakers"]


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"speaker": "Speaker 9", "name": "Ada"}, 404, "UnknownSpeakerError"),
        ({"speaker": "Speaker 1", "name": "Speaker 2"}, 400, "UsageError"),
        ({"speaker": "Speaker 1", "name": "\u00a0"}, 400, "UsageError"),
        ({"speaker": "Speaker 1", "name": ""}, 422, "InvalidRequestError"),
        ({"speaker": "Speaker 1", "name": "x" * 81}, 422, "InvalidRequestError"),
        ({"speaker": "Speaker 1"}, 422, "InvalidRequestError"),
    ],
)
def test_a_name_that_cannot_be_given_says_why(
    body: dict[str, str], status: int, error: str
) -> None:
    answer = request("PUT", f"/v1/jobs/{TALK.job_id}/speakers", body=body)

    assert (answer.status, answer.json["error"]) == (status, error)


def test_people_are_listed_and_forgotten() -> None:
    for name, speaker in (("Ben", "SPEAKER_01"), ("Ada / Müller", "SPEAKER_00")):
        resources.voiceprints().remember(
            NamedVoiceprint(
                name=name, engine="test", vector=(1.0, 0.0), job_id=TALK.job_id, speaker=speaker
            )
        )
    both = [{"name": "Ada / Müller", "recordings": 1}, {"name": "Ben", "recordings": 1}]
    assert request("GET", "/v1/speakers").json == {"people": both}

    forgotten = request("DELETE", "/v1/speakers", query={"name": "Ada / Müller"})

    assert forgotten.json == {"voiceprints": 1}
    assert request("GET", "/v1/speakers").json == {"people": both[1:]}
