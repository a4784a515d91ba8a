"""Walk through every page of the dashboard, in every state that looks different."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import expect

from builders import a_failure
from lifestream.domain.job import ProcessingJob
from page_reader import the_sample
from web.library import Library
from web.visitor import Visitor

QUESTION = "What is the biggest problem?"


def every_page(editor: Visitor, library: Library, suffix: str, folder: Path) -> Iterator[str]:
    """Yield the name of each page while it is shown.

    suffix: of the names of the recordings
    folder: for files to upload
    """
    done = library.finished(f"weekly-meeting{suffix}")
    library.index(done, the_sample().transcript)
    failure = a_failure().model_copy(
        update={
            "step": "InspectVideo",
            "error": "TruncatedVideoError",
            "cause": "the file ends after 3 of 41 minutes",
            "advice": "Upload the whole file again.",
        }
    )
    failed = library.failed(f"interview-with-ada{suffix}", failure)
    running = library.running(f"all-hands-november{suffix}")

    editor.page.goto(f"{editor.url}/")
    expect(editor.button("Sign in")).to_be_visible()
    yield "welcome"
    editor.signs_in("/")
    yield from _library(editor, done)
    yield from _job(editor, done)
    yield from _other_jobs(editor, failed, running)
    yield from _search(editor)
    yield from _upload(editor, folder)
    editor.opens("/elsewhere")
    editor.sees("There is no such page.")
    yield "not-found"


def _library(editor: Visitor, done: ProcessingJob) -> Iterator[str]:
    expect(editor.job(done.file_name)).to_be_visible()
    yield "library"
    editor.button(re.compile("^Select .* failed$")).click()
    editor.button(re.compile("^Redrive")).click()
    expect(editor.page.get_by_role("dialog")).to_be_visible()
    yield "question"
    editor.button("Keep as it is").click()
    editor.filters_by("no such name")
    editor.sees("No job fits.")
    yield "library-empty"


def _job(editor: Visitor, done: ProcessingJob) -> Iterator[str]:
    editor.opens(f"/jobs/{done.job_id}?t=28")
    expect(editor.page.locator(".said.now")).to_be_visible()
    expect(editor.page.locator(".chapters")).to_be_visible()
    editor.is_at(28)
    yield "job"
    editor.button("Name Speaker 1").click()
    editor.page.get_by_label("Find in the transcript").fill("search")
    expect(editor.page.locator(".said.current")).to_be_visible()
    yield "job-find"
    editor.page.get_by_role("tab", name="Summary").click()
    expect(editor.page.locator(".statement").first).to_be_visible()
    yield "job-summary"
    editor.page.get_by_role("tab", name="Details").click()
    expect(editor.page.locator(".files")).to_be_visible()
    yield "job-details"


def _other_jobs(editor: Visitor, failed: ProcessingJob, running: ProcessingJob) -> Iterator[str]:
    editor.opens(f"/jobs/{failed.job_id}")
    expect(editor.page.get_by_role("alert")).to_be_visible()
    yield "job-failed"
    editor.opens(f"/jobs/{running.job_id}")
    expect(editor.button("Cancel the job")).to_be_visible()
    yield "job-running"


def _search(editor: Visitor) -> Iterator[str]:
    editor.opens("/search")
    editor.sees("Search finds the passages")
    yield "search"
    editor.page.get_by_label("What was said?").fill(QUESTION)
    editor.page.keyboard.press("Enter")
    expect(editor.page.locator("mark").first).to_be_visible()
    yield "search-hits"
    editor.button("Ask").click()
    expect(editor.page.locator(".answer q").first).to_be_visible()
    editor.button(re.compile("^Play")).first.click()
    editor.until(editor.is_playing, "the quote is not played")
    yield "search-answer"


def _upload(editor: Visitor, folder: Path) -> Iterator[str]:
    sizes = {"town-hall.mp4": 734_003_200, "lecture-4.mov": 52_428_800, "notes.txt": 10}
    for name, size in sizes.items():
        (folder / name).touch()
        os.truncate(folder / name, size)  # takes no space
    editor.opens("/upload")
    expect(editor.button("Choose files")).to_be_visible()
    editor.chooses(*(folder / name for name in sizes))
    editor.button("Options").first.click()
    expect(editor.page.get_by_label("Language").last).to_be_visible()
    yield "upload"
