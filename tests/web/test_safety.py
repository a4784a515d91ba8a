"""What people say, write or name their files runs no script and breaks no page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import ViewportSize, expect

from fakes import Answer, chat_completion
from local_stack import Pipeline
from web.conftest import Visit
from web.hostile import (
    HOSTILE,
    NAME,
    SCRIPT,
    a_hostile_failure,
    a_hostile_summary,
    a_hostile_transcript,
)
from web.library import SUFFIX, Library
from web.visitor import DESKTOP, PHONE, Visitor

pytestmark = pytest.mark.attack


@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_hostile_text_is_shown_as_text_on_every_page(
    visit: Visit, library: Library, pipeline: Pipeline, tmp_path: Path, window: ViewportSize
) -> None:
    file = tmp_path / f"{NAME}.mp4"
    file.write_text("no video")
    transcript = a_hostile_transcript()
    summary = a_hostile_summary(transcript)
    job = library.finished(f"{NAME}{SUFFIX}", transcript=transcript, summary=summary)
    library.failed(f"{NAME}{SUFFIX}", a_hostile_failure())
    library.index(job, transcript)
    pipeline.openai.answer = a_hostile_answer
    editor = visit("editor", viewport=window).comes_back("/")

    expect(editor.job("gnihtyna")).to_contain_text("onerror=alert(1)")
    shows_it(editor)
    editor.opens(f"/jobs/{job.job_id}")
    expect(editor.page.locator(".said").first).to_contain_text(SCRIPT)
    shows_it(editor)
    editor.button(re.compile("^Name <img")).click()
    shows_it(editor)
    for tab in ("Summary", "Details"):
        editor.page.get_by_role("tab", name=tab).click()
        shows_it(editor)
    editor.opens("/search?q=hostile+pelican")
    expect(editor.page.locator("mark").first).to_be_visible()
    shows_it(editor)
    editor.button("Ask").click()
    expect(editor.page.locator(".sentence").first).to_contain_text("alert(2)")
    shows_it(editor)
    editor.button(re.compile("^Play")).first.click()
    shows_it(editor)
    editor.opens("/upload")
    editor.chooses(file)
    expect(editor.page.locator(".upload-row")).to_contain_text("onerror")
    shows_it(editor)


def shows_it(editor: Visitor) -> None:
    """`is_content` also finds a script that ran: it would open a dialog."""
    assert editor.too_wide() == []
    assert editor.page.locator("img, main script").count() == 0


def a_hostile_answer(_path: str, _request: dict[str, Any]) -> Answer:
    sentence = {"text": HOSTILE, "passage": 0, "quote": "the hostile pelican"}
    return chat_completion(json.dumps({"sentences": [sentence]}))


@pytest.mark.parametrize(
    "address",
    [
        "/jobs/<script>alert(1)</script>",
        "/jobs/%3Cimg%20src=x%20onerror=alert(1)%3E",
        "/search?q=%3Cimg%20src=x%20onerror=alert(1)%3E",
        "/?code=%3Cscript%3E&state=forged",
        "/?error=%3Cscript%3Ealert(1)%3C/script%3E&state=forged",
        "/jobs/x?t=javascript:alert(1)",
    ],
)
def test_a_forged_address_runs_no_script(visit: Visit, address: str) -> None:
    viewer = visit("viewer")
    viewer.accepted = ["status of 404"]  # of the job that does not exist

    viewer.signs_in(address)

    expect(viewer.button("Sign out")).to_be_visible()
    assert viewer.page.locator("img, main script").count() == 0


def test_a_page_has_a_strict_content_security_policy(visit: Visit) -> None:
    viewer = visit("viewer")

    answered = viewer.page.goto(f"{viewer.url}/jobs/any")

    assert answered is not None
    policy = answered.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
