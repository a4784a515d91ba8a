"""The HTML page in a real browser: it plays, follows, seeks, searches, and fetches nothing.

The browser is Chromium, as Debian packages it (`make test` installs it where it may).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from builders import a_draft, a_segment, a_transcript
from chromium import chromium
from contract.test_injections import INJECTIONS
from lifestream.domain.citations import verified
from lifestream.domain.speech.voiceprints import with_given
from lifestream.domain.step_payloads import MissingPart
from lifestream.domain.summary import Drafted
from lifestream.domain.text import one_line
from lifestream.domain.transcript import Transcript
from lifestream.rendering.page import html_page, with_video
from lifestream.rendering.presentation import Recording
from media_files import SAMPLE, tone
from unit.test_injection import HOSTILE, SAID
from unit.test_markdown_renderers import MARKUP

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TURNS = json.loads(SAMPLE.with_suffix(".reference.json").read_text())["turns"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@dataclass
class Reader:
    """Somebody who has opened the page, what the console said and what was asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def opens(self, page: Path, *, at: str = "", speed: float = 0.07) -> None:
        """So slowly that the video is still where it was sent to when the test looks."""
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

    def marked(self, name: str) -> list[str]:
        return [text.strip() for text in self.page.locator(f".said.{name}").all_inner_texts()]


@pytest.fixture
def reader(browser: Browser) -> Iterator[Reader]:
    context = browser.new_context(viewport={"width": 1200, "height": 800})
    context.set_default_timeout(60_000)
    page = context.new_page()
    reading = Reader(page)
    page.on("console", lambda message: reading.complaints.append(message.text))
    page.on("pageerror", lambda error: reading.complaints.append(str(error)))
    page.on("dialog", lambda dialog: reading.complaints.append(dialog.message))
    page.on("request", lambda request: reading.requests.append(request.url))
    yield reading
    context.close()


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """The sample's page as `lifestream results --open` leaves it."""
    page = tmp_path / "result.html"
    page.write_text(with_video(html_page(the_sample()), SAMPLE.as_uri()), encoding="utf-8")
    return page


def the_sample() -> Recording:
    """With times and words as its reference has them."""
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


def test_a_click_on_a_sentence_plays_from_there_and_the_page_follows(
    reader: Reader, saved: Path
) -> None:
    reader.opens(saved, speed=4)

    reader.page.get_by_text("The biggest problem is the search").first.click()

    reader.page.wait_for_function(
        "() => !document.querySelector('video').seeking && !document.querySelector('video').paused"
    )
    assert reader.page.locator(".chapters li.now").inner_text().endswith("Search")
    reader.page.wait_for_function(
        "later => Number(document.querySelector('.said.now')?.dataset.start) >= later",
        arg=TURNS[6]["start_seconds"],
    )
    assert reader.at() > 31
    assert reader.complaints == []


def test_chapters_points_and_keys_lead_to_their_moments(reader: Reader, saved: Path) -> None:
    reader.opens(saved)

    reader.page.locator(".chapters .moment").last.click()
    reader.is_at(26.445)
    reader.page.keyboard.press("Escape")
    reader.page.locator(".entries .moment").first.click()
    reader.is_at(TURNS[3]["start_seconds"] + 9 * 0.4)
    reader.page.locator("h1").click()
    reader.page.keyboard.press(" ")
    assert reader.page.evaluate("document.querySelector('video').paused")
    reader.page.locator(".said").nth(9).focus()
    reader.page.keyboard.press("Enter")
    reader.is_at(TURNS[9]["start_seconds"])
    assert reader.complaints == []


def test_search_finds_every_sentence_and_goes_from_one_to_the_next(
    reader: Reader, saved: Path
) -> None:
    reader.opens(saved)
    reader.page.keyboard.press("/")

    reader.page.keyboard.type("CUSTOMÉR")

    holding = [turn["text"] for turn in TURNS if "customer" in turn["text"]]
    assert reader.marked("found") == holding
    assert reader.marked("current") == holding[:1]
    reader.page.keyboard.press("Enter")
    assert reader.marked("current") == holding[1:2]
    assert reader.page.locator("output").inner_text() == f"2 of {len(holding)}"
    reader.page.keyboard.press("Shift+Enter")
    assert reader.marked("current") == holding[:1]
    reader.page.locator("[type=search]").fill("zebra")
    assert reader.page.locator("output").inner_text() == "not said"
    assert reader.marked("found") == []


def test_it_asks_for_nothing_but_itself_and_its_video(reader: Reader, saved: Path) -> None:
    reader.opens(saved)
    reader.page.locator(".said").last.click()
    reader.is_at(TURNS[-1]["start_seconds"])

    assert {url for url in reader.requests if not url.startswith("data:")} <= {
        saved.as_uri(),
        SAMPLE.as_uri(),
    }
    assert reader.complaints == []


def test_without_a_video_it_can_be_read_and_takes_a_file(reader: Reader, tmp_path: Path) -> None:
    page = tmp_path / "result.html"
    page.write_text(html_page(the_sample()), encoding="utf-8")
    reader.opens(page, at="#t=38")
    assert reader.marked("now") == [TURNS[7]["text"]]
    assert "Choose the recording" in reader.page.locator(".notice").inner_text()
    assert not reader.page.locator("video").is_visible()

    reader.page.locator("[type=file]").set_input_files(SAMPLE)
    reader.page.locator(".said").nth(2).click()

    reader.is_at(TURNS[2]["start_seconds"])
    assert reader.page.locator("video").is_visible()
    assert reader.complaints == []


def test_a_sound_file_is_played_without_a_black_picture(reader: Reader, tmp_path: Path) -> None:
    page = tmp_path / "result.html"
    page.write_text(html_page(the_sample()), encoding="utf-8")
    reader.opens(page)

    for suffix in (".mp3", ".m4a", ".aac", ".wav", ".flac", ".ogg", ".opus"):
        audio = tone(tmp_path / f"a{suffix}", seconds=3)
        reader.page.locator("[type=file]").set_input_files(audio)
        reader.page.locator("video.audio").wait_for()
        reader.page.locator(".said").first.click()
        reader.is_at(TURNS[0]["start_seconds"])

        assert reader.page.locator("video").bounding_box()["height"] < 80  # type: ignore[index]  # it is visible
    reader.page.locator("[type=file]").set_input_files(SAMPLE)
    reader.page.locator("video:not(.audio)").wait_for()
    assert reader.complaints == []


def test_a_video_that_is_gone_is_said_and_replaced(reader: Reader, tmp_path: Path) -> None:
    page = tmp_path / "result.html"
    gone = (tmp_path / "gone.mp4").as_uri()
    page.write_text(with_video(html_page(the_sample()), gone), encoding="utf-8")

    reader.opens(page)

    reader.page.get_by_text("cannot be played from there").wait_for()


def test_markup_that_got_in_nevertheless_could_do_nothing(reader: Reader, tmp_path: Path) -> None:
    """The page's policy is the second line: what is not the page's own does not run or load."""
    image = tmp_path / "pixel.svg"
    image.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>')
    strange = f"<script>document.title = 'taken'</script><img src='{image.as_uri()}'>"
    page = tmp_path / "result.html"
    page.write_text(html_page(the_sample()).replace("</main>", f"{strange}</main>"))

    reader.opens(page)

    assert reader.page.title() == "A meeting about the search"
    assert reader.page.evaluate("document.querySelector('img').naturalWidth") == 0
    assert sum("Content Security Policy" in complaint for complaint in reader.complaints) == 2


def test_silence_is_a_page_too(reader: Reader, tmp_path: Path) -> None:
    silence = the_sample().transcript.model_copy(update={"segments": (), "speakers": ()})
    page = tmp_path / "result.html"
    page.write_text(with_video(html_page(Recording("a.mp4", silence, "")), SAMPLE.as_uri()))

    reader.opens(page)
    reader.page.locator("[type=search]").fill("word")

    assert reader.page.get_by_text("No speech was recognized.").is_visible()
    assert reader.complaints == []


def test_captions_are_in_the_player(reader: Reader, saved: Path) -> None:
    reader.opens(saved)

    cues = reader.page.evaluate(
        "[...document.querySelector('video').textTracks[0].cues].map(cue => cue.text)"
    )

    assert " ".join(cues).replace("\n", " ").startswith(TURNS[0]["text"])


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_shown_and_do_nothing(reader: Reader, tmp_path: Path, text: str) -> None:
    transcript = a_transcript(("SPEAKER_00", text), ("SPEAKER_01", SAID))
    recording = Recording(text, with_given(transcript, {"SPEAKER_00": text}), text)
    page = tmp_path / "result.html"
    page.write_text(with_video(html_page(recording), SAMPLE.as_uri()), encoding="utf-8")

    reader.opens(page)
    reader.page.locator(".said").last.click()
    reader.page.keyboard.press("/")
    reader.page.keyboard.type("forty")

    assert reader.marked("found") == [SAID]
    assert reader.page.locator("a, img, iframe, script:not([type]) ~ script").count() == 0
    assert reader.complaints == []
    assert all(url.startswith(("file:", "data:")) for url in reader.requests)


def test_a_page_full_of_hostile_markup_is_text(reader: Reader, tmp_path: Path) -> None:
    """Everything that some renderer reads as markup, and every injection, on one page."""
    said = [text for text in (*MARKUP, *INJECTIONS) if one_line(text)]
    transcript = a_transcript(*(("SPEAKER_00", text) for text in said))
    named = with_given(transcript, {"SPEAKER_00": "<img src=x onerror=alert(1)>"})
    page = tmp_path / "result.html"
    page.write_text(html_page(Recording("a.mp4", named, "")), encoding="utf-8")

    reader.opens(page)

    assert reader.page.locator(".said").all_inner_texts() == [one_line(text) for text in said]
    assert reader.page.locator("a, img, iframe, svg, object, embed, form").count() == 0
    assert reader.page.locator("style, script").count() == 3
    assert reader.complaints == []
    assert all(url.startswith(("file:", "data:")) for url in reader.requests)
