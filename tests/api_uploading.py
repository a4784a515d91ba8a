"""Upload files through the API as a client does, in parts of the smallest size that S3 takes."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable
from typing import Any

import pytest
import requests

from api_requests import Answer, request
from conftest import BUCKET, Aws
from lifestream.api import upload_plan
from lifestream.api.upload_plan import MEBIBYTE
from lifestream.domain.job import ProcessingJob
from lifestream.domain.messages import parse_message

PART = 5 * MEBIBYTE
"""The smallest part that S3 takes, unless it is the last."""
VIDEO = b"1" * PART + b"2" * PART + b"3" * 1_000


def use_deployment(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SQS_QUEUE_URL", aws.queue_url)
    monkeypatch.setenv("AWS_SQS_DLQ_URL", aws.dlq_url)
    monkeypatch.setattr(upload_plan, "PART_BYTES", PART)


def post(path: str, body: Any = None, **more: Any) -> Answer:
    return request("POST", f"/v1/uploads{path}", body=body, **more)


def started(name: str = "talk.mp4", size: int = len(VIDEO), **more: Any) -> dict[str, Any]:
    answer = post("", {"file_name": name, "size": size, **more})
    assert answer.status == 200, answer.text
    upload: dict[str, Any] = answer.json
    return upload


def send(upload: dict[str, Any], numbers: Iterable[int], video: bytes = VIDEO) -> dict[int, str]:
    """Send parts to their addresses, and return the ETags that S3 answers."""
    return sent(post(f"/{upload['id']}/parts", {"numbers": list(numbers)}), upload, video)


def sent(answer: Answer, upload: dict[str, Any], video: bytes = VIDEO) -> dict[int, str]:
    """Send parts to the addresses of an answer, and return the ETags that S3 answers."""
    etags = {}
    for part in answer.json["parts"]:
        start = (part["number"] - 1) * upload["part_size"]
        body = video[start : start + part["size"]]
        reply = requests.put(part["url"], data=body, headers=part["headers"], timeout=5)
        reply.raise_for_status()
        etags[part["number"]] = reply.headers["ETag"]
    return etags


def checksum(number: int, video: bytes = VIDEO) -> str:
    part = video[(number - 1) * PART : number * PART]
    return b64encode(hashlib.sha256(part).digest()).decode()


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
