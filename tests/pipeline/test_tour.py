"""A client that only knows openapi.json and a token does everything that the API offers."""

from __future__ import annotations

import http.client
import json
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from api_tokens import signed_in
from cdk_app.local.users import create_user
from fakes import chat_completion
from local_stack import Pipeline
from openapi_client import SECONDS, OpenApiClient

MEBIBYTE = 1 << 20
ENDED = ("SUCCEEDED", "PARTIAL", "FAILED", "CANCELLED")
KEY = {"Idempotency-Key": "the tour"}


@pytest.fixture
def token(pipeline: Pipeline) -> str:
    return signed_in(pipeline.aws, create_user(pipeline.aws, "editor")).access


def test_the_whole_api_is_used_by_its_description(
    pipeline: Pipeline, token: str, short_clip: Path
) -> None:
    client = OpenApiClient(pipeline.aws.api_url, token)

    job = wait(client, upload_in_three_parts(pipeline, token, of_33_mebibytes(short_clip)))
    assert job["failure"] is None, job["failure"]
    assert job["status"] == "SUCCEEDED"
    read_everything(client, job)
    search_and_ask(pipeline, client, job)

    broken = wait(client, upload_whole(client, "notes.mp4", b"no video"))
    assert broken["failure"]["error"] == "NotAVideoError"
    plan = client.call("read_redrive", job_id=broken["job_id"])
    assert (plan["is_unusable"], plan["steps_left"][0]) == (True, "InspectVideo")
    again = wait(client, client.call("redrive_job", job_id=broken["job_id"]), attempt=2)
    assert (again["attempt"], again["status"]) == (2, "FAILED")

    unwanted = upload_whole(client, "unwanted.mp4", short_clip.read_bytes())
    cancelled = client.call("cancel_job", job_id=unwanted["job_id"])
    assert cancelled["status"] == "CANCELLED"
    listed = client.call("list_jobs", query={"limit": 100, "name": "unwanted"})["jobs"]
    assert [one["status"] for one in listed] == ["CANCELLED"]


def of_33_mebibytes(clip: Path) -> Path:
    """Append a box that players skip: https://developer.apple.com/documentation/quicktime-file-format/free_atom"""
    large = Path(shutil.copy(clip, clip.with_name("tour.mp4")))
    with large.open("ab") as file:
        size = 33 * MEBIBYTE - large.stat().st_size
        file.write(size.to_bytes(4, "big") + b"free" + bytes(size - 8))
    return large


def upload_in_three_parts(pipeline: Pipeline, token: str, video: Path) -> Any:
    """The network fails in the middle of the second part, and the client starts again."""
    content = video.read_bytes()
    wanted = {"file_name": video.name, "size": len(content)}
    first = OpenApiClient(pipeline.aws.api_url, token)
    upload = first.call("create_upload", body=wanted, headers=KEY)
    assert upload["part_count"] == 3
    put_part(first, upload, 1, content)
    address = part_address(first, upload, 2)
    cut_in_the_middle(address["url"], part_of(content, upload, 2))

    second = OpenApiClient(pipeline.aws.api_url, token)
    assert second.call("create_upload", body=wanted, headers=KEY) == upload
    stored = second.call("list_parts", upload_id=upload["id"])["parts"]
    assert [part["number"] for part in stored] == [1]
    etags = {1: stored[0]["etag"]} | {
        number: put_part(second, upload, number, content) for number in (2, 3)
    }
    parts = [{"number": number, "etag": etag} for number, etag in etags.items()]
    return second.call("complete_upload", upload_id=upload["id"], body={"parts": parts})


def part_address(client: OpenApiClient, upload: Any, number: int) -> Any:
    asked = {"numbers": [number]}
    [part] = client.call("presign_parts", upload_id=upload["id"], body=asked)["parts"]
    return part


def part_of(content: bytes, upload: Any, number: int) -> bytes:
    start = (number - 1) * upload["part_size"]
    return content[start : start + upload["part_size"]]


def put_part(client: OpenApiClient, upload: Any, number: int, content: bytes) -> str:
    url = part_address(client, upload, number)["url"]
    answer = requests.put(url, data=part_of(content, upload, number), timeout=SECONDS)
    answer.raise_for_status()
    return answer.headers["ETag"]


def cut_in_the_middle(url: str, content: bytes) -> None:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=SECONDS)
    connection.putrequest("PUT", f"{parts.path}?{parts.query}")
    connection.putheader("Content-Length", str(len(content)))
    connection.endheaders()
    connection.send(content[: len(content) // 2])
    connection.close()


def upload_whole(client: OpenApiClient, name: str, content: bytes) -> Any:
    upload = client.call("create_upload", body={"file_name": name, "size": len(content)})
    whole = upload["whole"]
    put = requests.put(whole["url"], data=content, headers=whole["headers"], timeout=SECONDS)
    put.raise_for_status()
    return client.call("complete_upload", upload_id=upload["id"])


def wait(client: OpenApiClient, job: Any, *, attempt: int = 1) -> Any:
    while job["status"] not in ENDED or job["attempt"] < attempt:
        query = {"after": job["updated_at"], "wait": 20}
        job = client.call("wait_for_change", job_id=job["job_id"], query=query)["job"]
    return job


def read_everything(client: OpenApiClient, job: Any) -> None:
    job_id = job["job_id"]
    for file in client.call("list_results", job_id=job_id)["files"]:
        assert len(requests.get(file["url"], timeout=SECONDS).content) == file["size"]
    transcript = client.call("read_transcript", job_id=job_id, query={"words": "true"})
    assert transcript["segments"][0]["words"]
    assert client.call("read_summary", job_id=job_id)["title"]
    media = client.call("read_media", job_id=job_id)
    beginning = requests.get(media["url"], headers={"Range": "bytes=4-7"}, timeout=SECONDS)
    assert (beginning.status_code, beginning.content) == (206, b"ftyp")
    named = {"speaker": "Speaker 1", "name": "Ada"}
    assert client.call("give_name", job_id=job_id, body=named)["names"] == {"SPEAKER_00": "Ada"}


def search_and_ask(pipeline: Pipeline, client: OpenApiClient, job: Any) -> None:
    query = {"q": "good morning", "key": job["key"], "speaker": "Ada"}
    [passage] = client.call("search", query=query)["passages"]
    assert (passage["job_id"], passage["speakers"]) == (job["job_id"], ["Ada"])
    quote = " ".join(passage["text"].split()[:3])
    sentence = {"text": "It begins.", "passage": 0, "quote": quote}
    answered = chat_completion(json.dumps({"sentences": [sentence]}))
    pipeline.openai.answer = lambda *_: answered
    asked = {"question": "How does it begin?", "key": job["key"]}
    [cited] = client.call("ask", body=asked)["sentences"]
    assert (cited["quote"], cited["speakers"]) == (quote, ["Ada"])
