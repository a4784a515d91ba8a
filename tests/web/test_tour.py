"""Somebody uses every part of the dashboard, against the running pipeline."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from builders import a_draft
from fakes import Answer, chat_completion
from lifestream.client.s3_results import S3Results
from lifestream.domain.transcript import Word
from local_stack import Pipeline, healthy
from web.conftest import Visit
from web.visitor import Visitor

TALK, BROKEN = "dashboard-tour.mp4", "dashboard-notes.mp4"
QUOTE = "The budget is"
RUNNING = re.compile("Queued|Inspecting|Extracting|Waiting|Transcribing|Summarizing|Publishing")


@pytest.fixture
def paused_summary(pipeline: Pipeline) -> Iterator[threading.Event]:
    """Let no summary be made until the event is set, so that a job keeps running."""
    may_go_on = threading.Event()

    def answer(path: str, request: dict[str, Any]) -> Answer:
        may_go_on.wait(60)
        return healthy(path, request)

    pipeline.openai.answer = answer
    yield may_go_on
    may_go_on.set()


def test_somebody_uses_the_whole_dashboard(
    visit: Visit, pipeline: Pipeline, clip: Path, tmp_path: Path
) -> None:
    pipeline.openai.answer = a_summary_or_an_answer
    talk, broken = Path(shutil.copy(clip, tmp_path / TALK)), tmp_path / BROKEN
    broken.write_text("no video")
    editor = visit("editor").signs_in("/upload")

    uploads_and_watches(editor, talk, broken)
    words = words_of(pipeline, editor.page.url)
    plays(editor, words)
    searches_and_asks(editor)
    redrives(editor)

    editor.button("Sign out").click()
    editor.sees("Upload recordings, read who said what")
    editor.page.reload()
    expect(editor.button("Sign in")).to_be_visible()
    assert editor.page.evaluate("Object.keys(sessionStorage)") == []


def test_a_running_job_is_cancelled(
    visit: Visit, paused_summary: threading.Event, short_clip: Path, tmp_path: Path
) -> None:
    editor = visit("editor").comes_back("/upload")
    editor.chooses(Path(shutil.copy(short_clip, tmp_path / "dashboard-unwanted.mp4")))
    editor.button("Upload 1 recording").click()
    editor.link("Open").click()
    status = editor.page.locator(".job-header .status")
    expect(status).to_have_text(re.compile("Summarizing|Indexing"))  # beside each other

    editor.button("Cancel the job").click()
    editor.page.get_by_role("dialog").get_by_role("button", name="Cancel the job").click()

    expect(status).to_have_text("Cancelled")
    expect(editor.button("Cancel the job")).to_have_count(0)
    paused_summary.set()


def uploads_and_watches(editor: Visitor, talk: Path, broken: Path) -> None:
    """Two videos are uploaded, one of which fails."""
    editor.chooses(talk, broken)
    editor.button("Upload 2 recordings").click()
    expect(editor.upload(BROKEN).get_by_role("link", name="Open")).to_be_visible()
    editor.upload(TALK).get_by_role("link", name="Open").click()
    status, seen = editor.page.locator(".job-header .status"), set()

    def is_done() -> bool:
        seen.add(status.inner_text())
        return "Done" in seen

    editor.until(is_done, f"the job did not end: {seen}")
    assert any(map(RUNNING.match, seen))
    editor.link("Library").click()
    expect(editor.job(TALK)).to_contain_text("Done")
    expect(editor.job(BROKEN)).to_contain_text("Failed")
    editor.job(TALK).get_by_role("link").click()
    expect(editor.page.locator(".turn").first).to_be_visible()


def words_of(pipeline: Pipeline, address: str) -> list[Word]:
    record = pipeline.service.job(address.rpartition("/")[2])
    transcript = S3Results(pipeline.s3, record).transcript()
    return [word for segment in transcript.segments for word in segment.words]


def plays(editor: Visitor, words: list[Word]) -> None:
    """A word, a name, a citation."""
    editor.slows_down()
    budget = next(word for word in reversed(words) if word.text.strip().startswith("budget"))
    editor.clicks_the_word("budget", "budget is")
    editor.is_at(budget.start_seconds)
    assert editor.is_playing()

    editor.button("Name Speaker 1").click()
    editor.page.keyboard.type("Ada Tour")
    editor.page.keyboard.press("Enter")
    expect(editor.page.locator(".name").first).to_have_text("Ada Tour")
    expect(editor.page.locator(".turn h3").first).to_contain_text("Ada Tour")

    editor.page.get_by_role("tab", name="Summary").click()
    editor.button(re.compile("There is a budget")).click()
    the = words[words.index(budget) - 1]
    editor.is_at(the.start_seconds)
    editor.slows_down(4)
    editor.until(lambda: not editor.is_playing(), "the player went on after the quote")


def searches_and_asks(editor: Visitor) -> None:
    editor.link("Search").click()
    editor.page.get_by_label("Speaker").fill("Ada Tour")
    editor.page.get_by_label("What was said?").fill("the budget for the project")
    editor.page.keyboard.press("Enter")
    hits = editor.page.locator("section.panel")
    expect(hits.get_by_role("heading")).to_have_text([TALK])
    expect(hits.locator("mark").first).to_be_visible()
    hits.get_by_role("button", name=re.compile("Play")).first.click()
    editor.until(editor.is_playing, "the hit is not played")
    editor.button("Close").click()

    editor.button("Ask").click()
    answer = editor.page.get_by_role("region", name="Answer")
    expect(answer).to_contain_text("It is about a budget.")
    answer.get_by_role("button", name=re.compile("Play")).click()
    editor.until(editor.is_playing, "the quote is not played")
    answer.get_by_role("link", name=re.compile("Open at")).click()
    expect(editor.page.get_by_role("heading", level=1)).to_have_text(TALK)


def redrives(editor: Visitor) -> None:
    editor.link("Library").click()
    editor.job(BROKEN).get_by_role("link").click()
    expect(editor.page.get_by_role("alert")).to_contain_text("NotAVideoError")
    editor.button("Redrive").click()
    dialog = editor.page.get_by_role("dialog")
    expect(dialog).to_contain_text("another attempt will fail as well")
    dialog.get_by_role("button", name="Redrive").click()
    expect(editor.page.locator(".job-header")).to_contain_text("attempt 2")
    expect(editor.page.locator(".job-header .status")).to_have_text("Failed")


def a_summary_or_an_answer(_path: str, request: dict[str, Any]) -> Answer:
    asked = request["messages"][-1]["content"]
    if "<passages>" not in asked:
        point = {"text": "There is a budget.", "segment_ids": tuple(range(20)), "quote": QUOTE}
        draft = a_draft(abstract="A meeting.", key_points=[point])
        return chat_completion(draft.model_dump_json())
    [first] = re.findall(r"\[0\] (.+)", asked)
    quote = " ".join(first.split()[:4])
    sentence = {"text": "It is about a budget.", "passage": 0, "quote": quote}
    return chat_completion(json.dumps({"sentences": [sentence]}))
