"""Videos are uploaded through the API: whole or in parts, interrupted, repeated and aborted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import requests
from botocore.exceptions import ClientError

from api_requests import Answer, person, request
from conftest import BUCKET, JOBS, Aws
from lifestream.api import upload_plan
from lifestream.api.upload_plan import MAX_PARTS, MAX_UPLOAD_BYTES, MEBIBYTE, UploadPlan
from lifestream.aws import clients
from lifestream.aws.job_table import JobTable
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.messages import parse_message
from lifestream.domain.options import JobOptions
from unit.test_api_jobs import error_in

PART = 5 * MEBIBYTE
"""The smallest part that S3 takes, unless it is the last."""
VIDEO = b"1" * PART + b"2" * PART + b"3" * 1_000


@pytest.fixture(autouse=True)
def deployment(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setenv("AWS_SQS_QUEUE_URL", aws.queue_url)
    monkeypatch.setenv("AWS_SQS_DLQ_URL", aws.dlq_url)
    monkeypatch.setattr(upload_plan, "PART_BYTES", PART)
    return aws


def post(path: str, body: Any = None, **more: Any) -> Answer:
    return request("POST", f"/v1/uploads{path}", body=body, **more)


def started(name: str = "talk.mp4", size: int = len(VIDEO), **more: Any) -> dict[str, Any]:
    answer = post("", {"file_name": name, "size": size, **more})
    assert answer.status == 200, answer.text
    upload: dict[str, Any] = answer.json
    return upload


def send(upload: dict[str, Any], numbers: Iterable[int], video: bytes = VIDEO) -> dict[int, str]:
    """Send parts to their addresses, and return the ETags that S3 answers."""
    answer = post(f"/{upload['id']}/parts", {"numbers": list(numbers)}).json
    etags = {}
    for part in answer["parts"]:
        start = (part["number"] - 1) * upload["part_size"]
        reply = requests.put(part["url"], data=video[start : start + part["size"]], timeout=5)
        reply.raise_for_status()
        etags[part["number"]] = reply.headers["ETag"]
    return etags


def send_whole(upload: dict[str, Any], video: bytes) -> None:
    whole = upload["whole"]
    requests.put(whole["url"], data=video, headers=whole["headers"], timeout=5).raise_for_status()


def listed(upload: dict[str, Any]) -> list[tuple[int, int]]:
    parts = request("GET", f"/v1/uploads/{upload['id']}/parts").json["parts"]
    return [(part["number"], part["size"]) for part in parts]


def complete(upload: dict[str, Any], etags: dict[int, str] | None = None) -> Answer:
    parts = [{"number": number, "etag": etag} for number, etag in (etags or {}).items()]
    return post(f"/{upload['id']}/complete", None if etags is None else {"parts": parts})


def stored(aws: Aws, key: str) -> bytes:
    return aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()


def enqueued(aws: Aws) -> list[ProcessingJob]:
    found = aws.sqs.receive_message(QueueUrl=aws.queue_url, MaxNumberOfMessages=10)
    bodies = [message["Body"] for message in found.get("Messages", [])]
    return [job for body in bodies for job in parse_message(body, bucket=BUCKET).jobs]


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


@pytest.mark.parametrize("numbers", [[4], [1, 4], [10_000]])
def test_a_part_too_many_is_refused(numbers: list[int]) -> None:
    answer = post(f"/{started()['id']}/parts", {"numbers": numbers})

    assert error_in(answer) == (400, "InvalidPartError")


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"numbers": []},
        {"numbers": [0]},
        {"numbers": [-1]},
        {"numbers": ["1"]},
        {"numbers": [True]},
        {"numbers": [1] * 101},
    ],
)
def test_wrong_numbers_are_refused(body: Any) -> None:
    answer = post(f"/{started()['id']}/parts", body)

    assert error_in(answer) == (422, "InvalidRequestError")


def test_a_complete_without_parts_is_refused(aws: Aws) -> None:
    upload = started()

    for answer in (complete(upload), complete(upload, {})):
        assert error_in(answer) == (409, "UploadIncompleteError")
        assert "1, 2, 3" in answer.json["detail"]
    assert enqueued(aws) == []


def test_a_complete_with_some_of_the_parts_is_refused() -> None:
    upload = started()
    etags = send(upload, [1, 2, 3])
    del etags[2]

    answer = complete(upload, etags)

    assert error_in(answer) == (409, "UploadIncompleteError")
    assert answer.json["detail"] == "1 parts are missing: 2"


@pytest.mark.parametrize("wrong", [{2: '"0123"'}, {4: '"0123"'}, {9_999: "x"}])
def test_a_part_that_s3_does_not_have_is_refused(wrong: dict[int, str]) -> None:
    upload = started()
    etags = send(upload, [1, 2, 3])

    assert error_in(complete(upload, etags | wrong)) == (400, "InvalidPartError")
    assert complete(upload, etags).status == 200


def test_a_part_of_another_size_is_refused() -> None:
    upload = started()
    send(upload, [1, 2])
    send(upload, [3], video=VIDEO[:-1])

    answer = complete(upload)

    assert error_in(answer) == (400, "InvalidPartError")
    assert "999 bytes instead of 1000" in answer.json["detail"]


@pytest.mark.parametrize("code", ["EntityTooSmall", "InvalidPart", "InvalidPartOrder"])
def test_what_s3_refuses_is_named(code: str) -> None:
    upload = started()
    send(upload, [1, 2, 3])
    refusal = ClientError(
        {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}},  # type: ignore[typeddict-item]  # the rest does not matter
        "CompleteMultipartUpload",
    )

    with patch.object(clients.s3(), "complete_multipart_upload", side_effect=refusal):
        answer = complete(upload)

    assert error_in(answer) == (400, "InvalidPartError")
    assert code in answer.json["detail"]


def test_two_completions_at_once_give_one_job(aws: Aws) -> None:
    """The second one finds the parts, and then no upload."""
    upload = started()
    send(upload, [1, 2, 3])
    join = clients.s3().complete_multipart_upload

    def overtaken(**arguments: Any) -> Any:
        with patch.object(clients.s3(), "complete_multipart_upload", join):
            complete(upload)
        aws.s3.list_parts(Bucket=BUCKET, Key=upload["key"], UploadId=arguments["UploadId"])

    with patch.object(clients.s3(), "complete_multipart_upload", overtaken):
        job = complete(upload)

    assert {one.job_id for one in enqueued(aws)} == {job.json["job_id"]}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("talk.mp4", "talk.mp4"),
        ("TALK.MP4", "TALK.MP4"),
        ("Talk.Mp4", "Talk.mp4"),
        ("größe 日本 😀.mov", "größe 日本 😀.mov"),
        ("a+b & c=d#e?f%2e.mkv", "a+b & c=d#e?f%2e.mkv"),
        ("..mp4", "..mp4"),
        ("pay\u202e4pm.mp4", "pay4pm.mp4"),
        ("a\x00b\x1b[2J\r\n.mp4", "ab[2J .mp4"),
        ("Recording at 3.04\u202fPM.mov", "Recording at 3.04 PM.mov"),
        ("x" * 251 + ".mp4", "x" * 251 + ".mp4"),
        ("<script>'\".mp4", "<script>'\".mp4"),
    ],
)
def test_a_file_name_becomes_a_key_in_a_folder_of_its_own(aws: Aws, name: str, kept: str) -> None:
    upload = started(name, size=5)
    send_whole(upload, b"video")

    assert re.fullmatch(f"uploads/[0-9a-f]{{16}}/{re.escape(kept)}", upload["key"])
    assert unquote(urlsplit(upload["whole"]["url"]).path).endswith(upload["key"])
    assert stored(aws, upload["key"]) == b"video"
    assert complete(upload).json["file_name"] == kept


@pytest.mark.parametrize(
    "name",
    [
        "../talk.mp4",
        "..\\talk.mp4",
        "/etc/talk.mp4",
        "results/talk.mp4",
        "uploads/talk.mp4",
        "C:\\talk.mp4",
        "",
        "x" * 1_000 + ".mp4",
        "😀" * 240 + ".mp4",
        "\ud800.mp4",
        None,
        7,
        ["talk.mp4"],
    ],
)
def test_a_hostile_file_name_is_refused(aws: Aws, name: Any) -> None:
    answer = post("", {"file_name": name, "size": len(VIDEO)})

    assert error_in(answer) == (422, "InvalidRequestError")
    assert [one["field"] for one in answer.json["fields"]] == ["body.file_name"]
    assert "Uploads" not in aws.s3.list_multipart_uploads(Bucket=BUCKET)


@pytest.mark.parametrize("name", ["notes.txt", "talk", ".mp4", "..", ".", "\u202e", "a.mp4 .exe"])
def test_a_file_that_is_no_video_is_refused(name: str) -> None:
    answer = post("", {"file_name": name, "size": 5})

    assert error_in(answer) == (400, "UnsupportedExtensionError")


def test_an_integer_may_have_a_fraction_of_zero() -> None:
    body = '{"file_name": "talk.mp4", "size": 5.0, "options": {"speakers": 2e0}}'

    assert request("POST", "/v1/uploads", body=body).status == 200


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"size": 0}, 400, "EmptyVideoError"),
        ({"size": -1}, 422, "InvalidRequestError"),
        ({"size": MAX_UPLOAD_BYTES + 1}, 422, "InvalidRequestError"),
        ({"size": "large"}, 422, "InvalidRequestError"),
        ({"size": "5"}, 422, "InvalidRequestError"),
        ({"size": True}, 422, "InvalidRequestError"),
        ({"size": 5.5}, 422, "InvalidRequestError"),
        ({"key": "results/talk.mp4"}, 422, "InvalidRequestError"),
        ({"options": {"speakers": 0}}, 422, "InvalidRequestError"),
        ({"options": {"speakers": "2"}}, 422, "InvalidRequestError"),
        ({"options": {"translate": 0}}, 422, "InvalidRequestError"),
        ({"options": {"unknown": 1}}, 422, "InvalidRequestError"),
        ({"options": {"initial_prompt": "x" * 2_000}}, 400, "UsageError"),
        ({"options": {"speakers": 2, "min_speakers": 1}}, 400, "UsageError"),
        ({"options": {"language": "xx"}}, 400, "UsageError"),
    ],
)
def test_an_upload_that_cannot_become_a_job_is_refused(
    change: dict[str, Any], status: int, error: str
) -> None:
    answer = post("", {"file_name": "talk.mp4", "size": 5} | change)

    assert error_in(answer) == (status, error)


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_wrong_idempotency_key_is_refused(key: str) -> None:
    wanted = {"file_name": "talk.mp4", "size": 5}

    answer = post("", wanted, headers={"idempotency-key": key})

    assert error_in(answer) == (422, "InvalidRequestError")


def forged(**changes: Any) -> str:
    plan = UploadPlan.of("talk.mp4", len(VIDEO), folder="0" * 16)
    return UploadPlan.model_construct(**plan.model_dump() | {"multipart_id": "m"} | changes).id


@pytest.mark.parametrize(
    "upload_id",
    [
        "x",
        "e30",
        "é",
        "%00",
        "x" * 3_000,
        forged(),
        forged(multipart_id=""),
        forged(key="results/talk.mp4"),
        forged(key="uploads/talk.mp4"),
        forged(key=f"uploads/{'0' * 16}/../talk.mp4"),
        forged(key=f"uploads/{'0' * 16}/a/b.mp4"),
        forged(size=0),
        forged(part_size=0),
        forged(part_size=1),
        forged(size=MAX_UPLOAD_BYTES + 1),
    ],
)
def test_an_unknown_upload_is_not_found(upload_id: str) -> None:
    for method, then in (("GET", "/parts"), ("POST", "/complete"), ("DELETE", "")):
        answer = request(method, f"/v1/uploads/{upload_id}{then}")

        assert error_in(answer) == (404, "UploadNotFoundError")


@pytest.mark.parametrize(
    ("size", "part_size", "count"),
    [
        (1, 16 * MEBIBYTE, 1),
        (16 * MEBIBYTE, 16 * MEBIBYTE, 1),
        (16 * MEBIBYTE + 1, 16 * MEBIBYTE, 2),
        (16 * MEBIBYTE * MAX_PARTS, 16 * MEBIBYTE, MAX_PARTS),
        (16 * MEBIBYTE * MAX_PARTS + 1, 17 * MEBIBYTE, 9_412),
        (5 << 40, 525 * MEBIBYTE, 9_987),
        (MAX_UPLOAD_BYTES, 5 << 30, MAX_PARTS),
    ],
)
def test_no_file_needs_more_parts_than_s3_takes(
    size: int, part_size: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_plan, "PART_BYTES", 16 * MEBIBYTE)
    plan = UploadPlan.of("talk.mp4", size, folder="0" * 16)

    assert (plan.part_size, plan.part_count) == (part_size, count)
    assert sum(plan.size_of(number) for number in range(1, count + 1)) == size


def test_addresses_are_not_logged(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    started(size=5)
    upload = started()
    send(upload, [1])
    complete(upload)

    logged = caplog.text + "".join(capsys.readouterr())
    assert "X-Amz-Signature" not in logged


@pytest.mark.parametrize(
    ("name", "is_described"),
    [("a.mp4", True), ("ä b.c.FLAC", True), ("a/b.mp4", False), ("a\\b.mp4", False), ("a", False)],
)
def test_the_description_has_the_pattern_of_a_name(name: str, is_described: bool) -> None:  # noqa: FBT001  # an expected value
    described = request("GET", "/v1/openapi.json").json["components"]["schemas"]["NewUpload"]

    assert bool(re.search(described["properties"]["file_name"]["pattern"], name)) == is_described
    assert described["properties"]["size"]["minimum"] == 1
