"""Presigned addresses of the API work against the local stack, which checks signatures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from api_requests import request
from api_uploading import checksum
from lifestream.api import upload_plan
from lifestream.api.upload_plan import MEBIBYTE
from lifestream.domain.job import ProcessingJob
from lifestream.rest.uploads import CHECKSUM
from local_stack import Pipeline

PART = 5 * MEBIBYTE


def put(url: str, data: bytes, headers: dict[str, str] | None = None) -> int:
    return requests.put(url, data=data, headers=headers, timeout=30).status_code


def completed(upload: dict[str, Any], pipeline: Pipeline) -> ProcessingJob:
    job = request("POST", f"/v1/uploads/{upload['id']}/complete").json
    return pipeline.service.job(job["job_id"]).job


def test_a_video_that_is_sent_whole_is_downloaded_as_results(
    pipeline: Pipeline, short_clip: Path
) -> None:
    video = short_clip.read_bytes()
    wanted = {"file_name": "größe & #1?.Mp4", "size": len(video), "options": {"speakers": 1}}
    upload = request("POST", "/v1/uploads", body=wanted).json
    whole = upload["whole"]

    assert put(whole["url"], video[:-1], whole["headers"]) == 403
    assert put(whole["url"], video, {"Content-Type": "text/html"}) == 403
    assert put(whole["url"], video, whole["headers"]) == 200
    job = completed(upload, pipeline)

    assert pipeline.wait_for(job) == "SUCCEEDED"
    files = request("GET", f"/v1/jobs/{job.job_id}/results").json["files"]
    for file in files:
        answer = requests.get(file["url"], timeout=30)
        assert len(answer.content) == file["size"]
        assert answer.headers["Content-Type"] == file["media_type"]
        assert answer.headers["Content-Disposition"].endswith(file["name"])
    assert request("GET", f"/v1/jobs/{job.job_id}/transcript").json["speakers"]


def test_an_interrupted_upload_is_resumed_and_played(
    pipeline: Pipeline, short_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another client, which knows only the id, sends what is missing."""
    monkeypatch.setattr(upload_plan, "PART_BYTES", PART)
    video = short_clip.read_bytes()
    video += (2 * PART).to_bytes(4, "big") + b"free" + b"\0" * (2 * PART - 8)
    wanted = {"file_name": "cut.mp4", "size": len(video), "with_checksums": True}
    upload = request("POST", "/v1/uploads", body=wanted).json
    parts = f"/v1/uploads/{upload['id']}/parts"
    second = {"numbers": [2], "sha256": [checksum(2, video)]}
    [first] = request("POST", parts, body=second).json["parts"]
    right, headers = video[PART : 2 * PART], first["headers"]
    assert put(first["url"], b"short", headers) == 403
    assert put(first["url"], right) == 403
    assert put(first["url"], right, {CHECKSUM: checksum(1, video)}) == 403
    assert put(first["url"], right[:-1] + b"?", headers) == 400
    assert put(first["url"], right, headers) == 200

    has = {part["number"]: part["sha256"] for part in request("GET", parts).json["parts"]}
    assert has == {2: checksum(2, video)}
    missing = sorted(set(range(1, upload["part_count"] + 1)) - has.keys())
    rest = {"numbers": missing, "sha256": [checksum(number, video) for number in missing]}
    for part in request("POST", parts, body=rest).json["parts"]:
        start = (part["number"] - 1) * PART
        assert put(part["url"], video[start : start + part["size"]], part["headers"]) == 200

    job = completed(upload, pipeline)

    assert missing == [1, 3]
    assert pipeline.wait_for(job) == "SUCCEEDED"
    media = request("GET", f"/v1/jobs/{job.job_id}/media").json
    answer = requests.get(media["url"], headers={"Range": "bytes=4-7"}, timeout=30)
    assert (answer.status_code, answer.content) == (206, b"ftyp")
    assert answer.headers["Content-Type"] == "video/mp4"
