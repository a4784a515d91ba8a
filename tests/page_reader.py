"""Use the result page in Chromium."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from builders import a_draft, a_segment, a_transcript
from lifestream.domain.citations import verified
from lifestream.domain.parts import MissingPart
from lifestream.domain.summary import Drafted
from lifestream.domain.transcript import Transcript
from lifestream.rendering.presentation import Recording
from media_files import SAMPLE

if TYPE_CHECKING:
    from playwright.sync_api import Page

TURNS = json.loads(SAMPLE.with_suffix(".reference.json").read_text())["turns"]


@dataclass
class Reader:
    """An open page, with the messages of its console and the requests that it made."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def opens(self, page: Path, *, at: str = "", speed: float = 0.07) -> None:
        """Open the page. Slow playback lets the test see the position after a seek."""
        self.page.goto(f"{page.as_uri()}{at}")
        self.page.evaluate(
            "rate => { const video = document.querySelector('video');"
            " video.defaultPlaybackRate = video.playbackRate = rate; }",
            speed,
        )

    def at(self) -> float:
        return float(self.page.evaluate("document.querySelector('video').currentTime"))

    def is_at(self, seconds: float) -> None:
        self.page.wait_for_function(
            "s => Math.abs(document.querySelector('video').currentTime - s) < 1", arg=seconds
        )

    def copies(self, button: str) -> str:
        """Click the button and return the content of the clipboard."""
        self.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page.get_by_role("button", name=button, exact=True).click()
        self.page.get_by_text("Copied.").wait_for()
        return str(self.page.evaluate("navigator.clipboard.readText()"))

    def saves(self, button: str) -> str:
        """Click the button and return the content of the downloaded file."""
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name=button).click()
        return Path(download.value.path()).read_text(encoding="utf-8")

    def marked(self, name: str) -> list[str]:
        return [text.strip() for text in self.page.locator(f".said.{name}").all_inner_texts()]


def the_sample() -> Recording:
    """Return the sample's transcript, with the times and words of its reference."""
    transcript = with_reference_times()
    chapters = [
        {"text": "Budget", "segment_ids": [1], "quote": "The budget is forty thousand dollars"},
        {"text": "Search", "segment_ids": [5], "quote": "The biggest problem is the search."},
    ]
    point = {"text": "It is late.", "segment_ids": [3], "quote": "needs two more weeks"}
    action = {"text": "Plan the search.", "segment_ids": [7], "quote": "I will write a plan"}
    draft = a_draft(
        title="A meeting about the search",
        abstract="The budget, the release and the search were discussed.",
        chapters=chapters,
        key_points=[point],
        action_items=[action | {"owner": "SPEAKER_01", "due": "Friday"}],
        topics=["budget", "search"],
    )
    summary = verified(Drafted(draft=draft), transcript, engine="test")
    missing = (MissingPart(step="IndexTranscript", error="TransientError", cause="busy"),)
    return Recording("team-meeting.mp4", transcript, "All is well.", summary, missing)


def with_reference_times() -> Transcript:
    transcript = a_transcript(*((turn["speaker"], turn["text"]) for turn in TURNS), duration=52)
    segments = (
        a_segment(number, turn["text"], speaker=turn["speaker"], start=turn["start_seconds"])
        for number, turn in enumerate(TURNS)
    )
    return transcript.model_copy(update={"segments": tuple(segments)})
