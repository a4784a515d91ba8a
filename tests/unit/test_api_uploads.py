"""Videos are uploaded through the API: whole or in parts, interrupted, repeated and aborted."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import pytest

from api_requests import person, request
from api_uploading import (
    PART,
    VIDEO,
    checksum,
    complete,
    enqueued,
    listed,
    post,
    send,
    send_whole,
    sent,
    started,
    stored,
    use_deployment,
)
from conftest import BUCKET, JOBS, Aws
from lifestream.aws import clients
from lifestream.aws.job_table import JobTable
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.options import JobOptions
from unit.test_api_jobs import error_in


@pytest.fixture(autouse=True)
def _deployment(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    use_deployment(aws, monkeypatch)


def test_a_small_file_is_sent_whole(aws: Aws) -> None:
    upload = started(size=5)
    send_whole(upload, b"video")

    assert stored(aws, upload["key"]) == b"video"
    assert (upload["part_count"], upload["job_id"]) == (1, None)
    parameters = parse_qs(urlsplit(upload["whole"]["url"]).query)
    assert parameters["X-Amz-Expires"] == ["3600"]
    assert parameters["X-Amz-SignedHeaders"] == ["content-length;content-type;host"]


def test_a_file_that_was_sent_whole_has_the_job_of_s3_s_notification(aws: Aws) -> None:
    upload = started(size=5)
    send_whole(upload, b"video")

    job = complete(upload).json

    version = aws.s3.head_object(Bucket=BUCKET, Key=upload["key"])["VersionId"]
    published = ProcessingJob.for_upload(bucket=BUCKET, key=upload["key"], version_id=version)
    assert (job["job_id"], job["status"]) == (published.job_id, "QUEUED")
    assert complete(upload).json["job_id"] == job["job_id"]


def test_a_file_that_has_not_arrived_has_no_job(aws: Aws) -> None:
    upload = started(size=5)

    assert error_in(complete(upload)) == (409, "UploadIncompleteError")
    assert enqueued(aws) == []


def test_a_large_file_is_sent_in_parts(aws: Aws) -> None:
    upload = started()
    assert (upload["whole"], upload["part_size"], upload["part_count"]) == (None, PART, 3)
    etags = send(upload, [2, 1, 3])

    job = complete(upload, etags)

    assert stored(aws, upload["key"]) == VIDEO
    assert aws.s3.head_object(Bucket=BUCKET, Key=upload["key"])["ContentType"] == "video/mp4"
    assert (job.json["file_name"], job.json["status"]) == ("talk.mp4", "QUEUED")
    assert [one.job_id for one in enqueued(aws)] == [job.json["job_id"]]
    assert request("GET", f"/v1/jobs/{job.json['job_id']}").json["key"] == upload["key"]


def test_parts_are_sent_with_their_checksums(aws: Aws) -> None:
    upload = started(with_checksums=True)
    numbers = [1, 2, 3]
    wanted = {"numbers": numbers, "sha256": [checksum(number) for number in numbers]}
    parts = post(f"/{upload['id']}/parts", wanted)

    for part in parts.json["parts"]:
        assert part["headers"] == {"x-amz-checksum-sha256": checksum(part["number"])}
        signed = parse_qs(urlsplit(part["url"]).query)["X-Amz-SignedHeaders"]
        assert signed == ["content-length;host;x-amz-checksum-sha256"]
    sent(parts, upload)
    assert complete(upload).status == 200
    assert stored(aws, upload["key"]) == VIDEO


@pytest.mark.parametrize(
    ("started_with", "wanted", "says"),
    [
        ({"with_checksums": True}, {"numbers": [1]}, "one for each part"),
        ({"with_checksums": True}, {"numbers": [1, 2], "sha256": [checksum(1)]}, "each part"),
        ({}, {"numbers": [1], "sha256": [checksum(1)]}, "not started with checksums"),
    ],
)
def test_all_parts_have_checksums_or_none(
    started_with: dict[str, Any], wanted: dict[str, Any], says: str
) -> None:
    upload = started(**started_with)

    answer = post(f"/{upload['id']}/parts", wanted)

    assert error_in(answer) == (400, "InvalidPartError")
    assert says in answer.json["detail"]


@pytest.mark.parametrize("given", ["", "abc=", "0" * 64, checksum(1)[:-1], checksum(1) + "\n"])
def test_a_checksum_is_a_sha_256_in_base64(given: str) -> None:
    upload = started(with_checksums=True)

    answer = post(f"/{upload['id']}/parts", {"numbers": [1], "sha256": [given]})

    assert error_in(answer) == (422, "InvalidRequestError")


def test_a_client_that_restarts_sends_what_is_missing(aws: Aws) -> None:
    upload = started()
    send(upload, [1], video=b"0" * len(VIDEO))
    send(upload, [1])
    assert error_in(complete(upload)) == (409, "UploadIncompleteError")

    assert listed(upload) == [(1, PART)]
    send(upload, [2, 3])
    assert listed(upload) == [(1, PART), (2, PART), (3, 1_000)]

    assert complete(upload).status == 200
    assert stored(aws, upload["key"]) == VIDEO


def test_an_upload_is_completed_once(aws: Aws) -> None:
    upload = started()
    etags = send(upload, [1, 2, 3])

    answers = [complete(upload, etags), complete(upload, etags), complete(upload)]

    assert len({answer.json["job_id"] for answer in answers}) == 1
    assert len(aws.s3.list_object_versions(Bucket=BUCKET)["Versions"]) == 1
    assert {one.job_id for one in enqueued(aws)} == {answers[0].json["job_id"]}


def test_completing_a_finished_job_again_does_not_restart_it() -> None:
    upload = started(size=5)
    send_whole(upload, b"video")
    table, job_id = JobTable(clients.table(JOBS)), complete(upload).json["job_id"]
    record = table.find(job_id)
    assert record
    table.finish(record.job, JobStatus.SUCCEEDED, results_prefix="results/talk/")

    assert complete(upload).json["status"] == "SUCCEEDED"


@pytest.mark.parametrize("size", [5, len(VIDEO)])
def test_options_travel_with_the_upload(aws: Aws, size: int) -> None:
    options = {"speakers": 2, "hotwords": ["Größe"]}
    upload = started(size=size, options=options)
    if size == 5:
        send_whole(upload, b"video")
    else:
        send(upload, [1, 2, 3])

    job = complete(upload).json

    kept = aws.s3.head_object(Bucket=BUCKET, Key=upload["key"])["Metadata"]["lifestream-options"]
    assert JobOptions.model_validate(json.loads(kept)) == JobOptions.model_validate(options)
    assert job["options"]["hotwords"] == ["Größe"]


def test_two_uploads_of_the_same_name_are_two_videos(aws: Aws) -> None:
    first, second = started(size=5), started(size=6)
    send_whole(first, b"video")
    send_whole(second, b"video2")

    jobs = [complete(upload).json["job_id"] for upload in (first, second)]

    assert len(set(jobs)) == 2
    assert (stored(aws, first["key"]), stored(aws, second["key"])) == (b"video", b"video2")


def test_an_aborted_upload_is_gone(aws: Aws) -> None:
    upload = started()
    send(upload, [1])

    aborted = request("DELETE", f"/v1/uploads/{upload['id']}")

    assert aborted.status == 204
    assert not aborted.text
    assert "Uploads" not in aws.s3.list_multipart_uploads(Bucket=BUCKET)
    again = request("DELETE", f"/v1/uploads/{upload['id']}")
    parts = request("GET", f"/v1/uploads/{upload['id']}/parts")
    for answer in (again, parts, complete(upload)):
        assert error_in(answer) == (404, "UploadNotFoundError")


def test_a_file_that_is_sent_whole_has_no_parts() -> None:
    upload = started(size=5)

    assert request("DELETE", f"/v1/uploads/{upload['id']}").status == 204
    for answer in (
        request("GET", f"/v1/uploads/{upload['id']}/parts"),
        post(f"/{upload['id']}/parts", {"numbers": [1]}),
    ):
        assert error_in(answer) == (400, "InvalidPartError")


def test_a_repeated_request_gets_the_same_upload() -> None:
    wanted, headers = {"file_name": "talk.mp4", "size": len(VIDEO)}, {"idempotency-key": "k1"}

    first, again = (post("", wanted, headers=headers).json for _ in range(2))

    assert first == again
    send(first, [1])
    assert listed(again) == [(1, PART)]


def test_two_requests_at_once_get_the_same_upload() -> None:
    wanted, headers = {"file_name": "talk.mp4", "size": len(VIDEO)}, {"idempotency-key": "k1"}
    begin = clients.s3().create_multipart_upload

    def overtaken(**arguments: Any) -> Any:
        with patch.object(clients.s3(), "create_multipart_upload", begin):
            post("", wanted, headers=headers)
        return begin(**arguments)

    with patch.object(clients.s3(), "create_multipart_upload", overtaken):
        upload = post("", wanted, headers=headers).json

    again = post("", wanted, headers=headers).json
    assert again["id"] == upload["id"]
    send(again, [1, 2, 3])
    assert complete(upload).status == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"body": {"file_name": "talk.mp4", "size": len(VIDEO) + 1}},
        {"headers": {"idempotency-key": "k2"}},
        {"headers": {}},
        {"claims": person("editor") | {"sub": "somebody else"}},
    ],
)
def test_another_request_gets_another_upload(changed: dict[str, Any]) -> None:
    wanted: dict[str, Any] = {
        "body": {"file_name": "talk.mp4", "size": len(VIDEO)},
        "headers": {"idempotency-key": "k1"},
    }

    keys = {post("", **one).json["key"] for one in (wanted, wanted | changed)}

    assert len(keys) == 2


@pytest.mark.parametrize("size", [5, len(VIDEO)])
def test_a_repeated_request_for_a_file_that_has_arrived_gets_its_job(size: int, aws: Aws) -> None:
    wanted, headers = {"file_name": "talk.mp4", "size": size}, {"Idempotency-Key": "k1"}
    upload = post("", wanted, headers=headers).json
    if size == 5:
        send_whole(upload, b"video")
    else:
        send(upload, [1, 2, 3])
        complete(upload)

    again = post("", wanted, headers=headers).json

    assert again["job_id"] == complete(upload).json["job_id"] == complete(again).json["job_id"]
    assert again["whole"] is None
    assert "Uploads" not in aws.s3.list_multipart_uploads(Bucket=BUCKET)
