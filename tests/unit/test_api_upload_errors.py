"""An upload that is wrong or forged says why, and loses nothing."""

from __future__ import annotations

import re
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote, urlsplit

import pytest
from botocore.exceptions import ClientError

from api_requests import request
from api_uploading import (
    VIDEO,
    complete,
    enqueued,
    post,
    send,
    send_whole,
    started,
    stored,
    use_deployment,
)
from conftest import BUCKET, Aws
from lifestream.api import upload_plan
from lifestream.api.upload_plan import MEBIBYTE, UploadPlan
from lifestream.aws import clients
from lifestream.rest.uploads import MAX_PARTS, MAX_UPLOAD_BYTES
from unit.test_api_jobs import error_in


@pytest.fixture(autouse=True)
def _deployment(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    use_deployment(aws, monkeypatch)


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
