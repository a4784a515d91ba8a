"""A foreign page in the browser gets nothing from the local stack.

The page is strangers/page.html, from another port of this machine or from a name that leads here.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from chromium import chromium
from lifestream.rendering.page import html_page, with_video
from local_stack import Pipeline
from media_files import SAMPLE
from page_reader import the_sample

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.attack

STRANGER = "evil.example"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start a browser that resolves every name to this machine, as after DNS rebinding."""
    with chromium(f"--host-resolver-rules=MAP {STRANGER} 127.0.0.1") as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def stranger() -> Iterator[int]:
    """Serve the hostile page and return the port."""
    with serving(Path(__file__).parent / "strangers") as port:
        yield port


@contextmanager
def serving(folder: Path) -> Iterator[int]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def held(pipeline: Pipeline) -> dict[str, Any]:
    """Return everything that the hostile page tries to change."""
    session = pipeline.aws.session()
    return {
        "buckets": [bucket["Name"] for bucket in pipeline.s3.list_buckets()["Buckets"]],
        "objects": pipeline.keys(""),
        "queues": session.client("sqs").list_queues()["QueueUrls"],
        "functions": len(session.client("lambda").list_functions()["Functions"]),
    }


@pytest.mark.parametrize("host", ["127.0.0.1", STRANGER])
def test_a_page_of_another_origin_reads_nothing_and_changes_nothing(
    pipeline: Pipeline, page: Page, stranger: int, host: str
) -> None:
    pipeline.s3.put_object(
        Bucket=pipeline.bucket, Key="pixel.png", Body=PIXEL, ContentType="image/png"
    )
    before = held(pipeline)
    page.goto(f"http://{host}:{stranger}/page.html")

    queue = pipeline.aws.outputs["AwsSqsDlqUrl"]
    found = page.evaluate(
        "([stack, bucket, image, queue]) => attack(stack, bucket, image, queue)",
        [pipeline.aws.endpoint, pipeline.bucket, "pixel.png", queue],
    )

    images = {"image": 0, "forged_image": 0}
    assert found == dict.fromkeys(found, "nothing") | images
    assert held(pipeline) == before


def test_a_name_that_was_bound_to_this_machine_reads_nothing(
    pipeline: Pipeline, page: Page
) -> None:
    """The browser then sees the page and the embedded AWS as one origin."""
    port = urlsplit(pipeline.aws.endpoint).port
    before = held(pipeline)

    answer = page.goto(f"http://{STRANGER}:{port}/_ministack/health")
    statuses = page.evaluate(
        "async paths => { const got = []; for (const [method, path] of paths)"
        " got.push((await fetch(path, {method})).status); return got; }",
        [["GET", "/_ministack/health"], ["GET", "/"], ["POST", "/_ministack/reset"]],
    )

    assert answer is not None
    assert (answer.status, statuses) == (403, [403, 403, 403])
    assert held(pipeline) == before


def test_the_page_of_the_results_plays_its_video_by_a_presigned_address(
    pipeline: Pipeline, page: Page, tmp_path: Path
) -> None:
    pipeline.s3.upload_file(str(SAMPLE), pipeline.bucket, "closed/talk.mp4")
    video = {"Bucket": pipeline.bucket, "Key": "closed/talk.mp4"}
    address = pipeline.s3.generate_presigned_url("get_object", video)
    saved = tmp_path / "result.html"
    saved.write_text(with_video(html_page(the_sample()), address), encoding="utf-8")
    page.goto(saved.as_uri())

    page.locator(".said").nth(3).click()

    page.wait_for_function("() => document.querySelector('video').currentTime > 10")
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
