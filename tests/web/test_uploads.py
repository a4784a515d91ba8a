"""Uploads lose nothing: reloads, broken connections, expired sign-ins, a second tab."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from lifestream.aws.videos import head_of
from lifestream.domain.options import OPTIONS_METADATA, JobOptions
from local_stack import Pipeline
from web.conftest import Visit
from web.visitor import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Request

MEBIBYTE = 1 << 20
SECOND_PART = "*partNumber=2*"
BROKEN_CONNECTION = r"net::ERR_(CONNECTION_RESET|INTERNET_DISCONNECTED|FAILED)"
EXPIRED = "the server responded with a status of 40[01]"


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Return a file of two parts, 16 MiB and 1 MiB. It is no video, so its job ends soon."""
    path = tmp_path / "large-upload.mp4"
    path.touch()
    with path.open("r+b") as file:
        file.truncate(17 * MEBIBYTE)
    return path


class Parts:
    """The parts that a page sends. The second one waits for the test.

    Playwright's own routing would copy every part to this process.
    """

    def __init__(self, visitor: Visitor) -> None:
        self._held: list[dict[str, Any]] = []
        self._devtools = visitor.page.context.new_cdp_session(visitor.page)
        self._devtools.on("Fetch.requestPaused", self._hold)
        self._devtools.send("Fetch.enable", {"patterns": [{"urlPattern": SECOND_PART}]})
        self.arrived: list[str] = []
        visitor.page.on("requestfinished", self._note)

    def _hold(self, event: dict[str, Any]) -> None:
        self._held.append(event)

    def _note(self, request: Request) -> None:
        if request.method == "PUT":
            self.arrived += re.findall(r"partNumber=(\d+)", request.url)

    def are_underway(self, visitor: Visitor) -> None:
        """Wait until the first part has arrived and the second one is on its way."""
        visitor.until(lambda: self._held, "the second part was not sent")
        visitor.until(lambda: self.arrived, "the first part has not arrived")

    def arrive_once_each(self, visitor: Visitor) -> None:
        """Wait for Playwright's events, which may be later than what the page shows."""
        visitor.until(lambda: len(self.arrived) > 1, "the second part has not arrived")
        assert self.arrived == ["1", "2"]

    def break_off(self) -> None:
        """Kill the connection of the second part. Another attempt arrives."""
        held = {"requestId": self._held.pop()["requestId"], "errorReason": "ConnectionReset"}
        self._devtools.send("Fetch.failRequest", held)
        self.go_on()

    def go_on(self) -> None:
        """Let the second part go."""
        self._devtools.send("Fetch.disable")


def is_done(visitor: Visitor, name: str = "large-upload.mp4") -> None:
    expect(visitor.upload(name).get_by_role("link", name="Open")).to_be_visible()


def starts(editor: Visitor, large: Path) -> Parts:
    editor.chooses(large)
    parts = Parts(editor)  # now that the page is there: Chromium would ignore it before
    editor.button("Upload 1 recording").click()
    parts.are_underway(editor)
    return parts


def test_an_upload_goes_on_after_its_connection_was_killed(visit: Visit, large: Path) -> None:
    editor = visit("editor").comes_back("/upload")
    parts = starts(editor, large)
    editor.accepted = [BROKEN_CONNECTION]

    parts.break_off()

    is_done(editor)
    parts.arrive_once_each(editor)


def test_an_upload_goes_on_after_a_reload(visit: Visit, large: Path) -> None:
    editor = visit("editor").signs_in("/upload")
    parts = starts(editor, large)
    editor.accepted = [BROKEN_CONNECTION, "^$"]  # the browser asks before it leaves the page
    editor.page.reload()
    expect(editor.upload(large.name)).to_contain_text("choose the same file again")
    parts.go_on()

    editor.chooses(large)

    is_done(editor)
    parts.arrive_once_each(editor)


def test_an_upload_goes_on_after_the_sign_in_expired(visit: Visit, large: Path) -> None:
    editor = visit("editor").signs_in("/upload")
    parts = starts(editor, large)
    editor.accepted = [EXPIRED, BROKEN_CONNECTION]
    with expired(editor):
        parts.break_off()  # the page needs a new address for the part, and so a token
        editor.sees("Your sign-in has expired. Nothing is lost")

    with editor.page.context.expect_page() as opened:
        editor.button("Sign in again").click()
    editor.fills_in(opened.value)

    is_done(editor)
    editor.until(opened.value.is_closed, "the window is still open")
    expect(editor.button("Sign in again")).to_have_count(0)
    parts.arrive_once_each(editor)


@contextmanager
def expired(visitor: Visitor) -> Iterator[None]:
    """Let the API refuse the access token, and the sign-in pages refuse to renew it."""
    refused = {
        re.compile("/v1/"): lambda route: route.fulfill(status=401, json={"message": "expired"}),
        re.compile("/oauth2/token"): lambda route: route.fulfill(
            status=400, json={"error": "invalid_grant"}
        ),
    }
    for pattern, refuse in refused.items():
        visitor.page.route(pattern, refuse)
    yield
    for pattern in refused:
        visitor.page.unroute(pattern)


def test_an_upload_waits_while_the_browser_is_offline(visit: Visit, large: Path) -> None:
    editor = visit("editor").comes_back("/upload")
    parts = starts(editor, large)
    editor.accepted = [BROKEN_CONNECTION]

    editor.page.context.set_offline(offline=True)
    parts.break_off()
    editor.sees("You are offline. Uploads go on when the connection is back.")
    editor.page.context.set_offline(offline=False)

    is_done(editor)
    expect(editor.page.get_by_text("You are offline")).to_have_count(0)


def test_two_tabs_do_not_send_the_same_file_twice(visit: Visit, large: Path) -> None:
    editor = visit("editor").comes_back("/upload")
    parts = starts(editor, large)
    other = Visitor(editor.page.context.new_page(), editor.aws, editor.user).comes_back("/upload")
    expect(other.upload(large.name)).to_contain_text("Uploading in another tab")
    other.chooses(large)
    expect(other.button("Upload 1 recording")).to_have_count(0)

    parts.go_on()

    is_done(editor)
    expect(other.upload(large.name)).to_have_count(0)
    parts.arrive_once_each(editor)
    other.is_content()


def test_an_upload_is_paused_and_continued(visit: Visit, large: Path) -> None:
    editor = visit("editor").comes_back("/upload")
    parts = starts(editor, large)

    editor.button(f"Pause {large.name}").click()
    expect(editor.upload(large.name)).to_contain_text("Paused")
    parts.go_on()
    editor.button(f"Continue {large.name}").click()

    is_done(editor)
    parts.arrive_once_each(editor)


def test_files_that_are_no_recordings_are_named_and_left_out(visit: Visit, tmp_path: Path) -> None:
    editor = visit("editor").comes_back("/upload")
    notes, empty = tmp_path / "notes.txt", tmp_path / "empty.mp4"
    notes.write_text("notes")
    empty.touch()

    editor.chooses(notes, empty)

    expect(editor.page.get_by_role("alert")).to_contain_text("empty.mp4: is empty.")
    expect(editor.page.get_by_role("alert")).to_contain_text("notes.txt: is no video or audio")
    expect(editor.page.locator(".upload-row")).to_have_count(0)


def test_the_options_of_a_file_go_with_it(visit: Visit, pipeline: Pipeline, tmp_path: Path) -> None:
    editor = visit("editor").comes_back("/upload")
    talk = tmp_path / "with-options.mp4"
    talk.write_text("no video")
    editor.chooses(talk)
    editor.button("Options").click()
    editor.page.get_by_label("Language").fill("en")
    editor.page.get_by_label("Speakers").fill("2")
    editor.page.get_by_label("Names and terms").fill("Ada, Grace Hopper")
    editor.button("Upload 1 recording").click()

    editor.link("Open").click()

    expect(editor.page.get_by_role("heading", level=1)).to_have_text("with-options.mp4")
    job = pipeline.service.job(editor.page.url.rpartition("/")[2]).job
    stored = head_of(pipeline.s3, job)["Metadata"][OPTIONS_METADATA]
    options = JobOptions(language="en", speakers=2, hotwords=("Ada", "Grace Hopper"))
    assert JobOptions.model_validate_json(stored) == options
