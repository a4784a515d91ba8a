"""The HTML page in a real browser: it plays, follows, seeks, searches, and fetches nothing.

The browser is Chromium, as Debian packages it (`make test` installs it where it may).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from builders import a_draft, a_segment, a_transcript
from chromium import chromium
from contract.test_injections import INJECTIONS
from lifestream.domain.citations import verified
from lifestream.domain.parts import MissingPart
from lifestream.domain.speech.voiceprints import with_given
from lifestream.domain.summary import Drafted
from lifestream.domain.text import one_line
from lifestream.domain.transcript import Transcript
from lifestream.rendering.gaps import Gap
from lifestream.rendering.markdown import result_page
from lifestream.rendering.page import html_page, with_video
from lifestream.rendering.plain_text import to_text
from lifestream.rendering.presentation import Recording
from lifestream.rendering.subtitles import cues_of, to_srt
from media_files import SAMPLE, tone
from unit.test_injection import HOSTILE, SAID
from unit.test_markdown_renderers import MARKUP

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMELESS = re.compile(r"- (?:button|checkbox|searchbox|tab|img|link)\b(?! \").*")
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

    def copies(self, button: str) -> str:
        """What is in the clipboard after a click on it."""
        self.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page.get_by_role("button", name=button, exact=True).click()
        self.page.get_by_text("Copied.").wait_for()
        return str(self.page.evaluate("navigator.clipboard.readText()"))

    def saves(self, button: str) -> str:
        """What is in the file that a click on it downloads."""
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name=button).click()
        return Path(download.value.path()).read_text(encoding="utf-8")

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
    reader.page.get_by_role("tab", name="Summary").click()
    reader.page.locator(".entries .moment").first.click()
    reader.is_at(TURNS[3]["start_seconds"] + 9 * 0.4)
    reader.page.locator("h1").click()
    reader.page.keyboard.press(" ")
    assert reader.page.evaluate("document.querySelector('video').paused")
    assert reader.complaints == []


def test_the_keyboard_alone_reads_searches_and_plays(reader: Reader, saved: Path) -> None:
    reader.opens(saved)

    reader.page.locator(".lines").focus()
    for _ in range(4):
        reader.page.keyboard.press("ArrowDown")
    reader.page.keyboard.press("ArrowUp")
    reader.page.keyboard.press("Enter")
    reader.is_at(TURNS[2]["start_seconds"])
    reader.page.get_by_role("tab", name="Transcript").focus()
    reader.page.keyboard.press("ArrowRight")
    assert reader.page.get_by_role("tabpanel", name="Summary").is_visible()
    assert not reader.page.locator(".lines").is_visible()
    reader.page.keyboard.press("/")
    assert reader.page.locator("[type=search]").is_visible()
    assert reader.page.evaluate("document.activeElement.type") == "search"
    assert reader.complaints == []


def test_a_poster_is_shown_until_it_plays(reader: Reader, saved: Path) -> None:
    reader.opens(saved)
    assert reader.page.locator(".poster").is_visible()
    assert not reader.page.locator("video").is_visible()

    reader.page.get_by_role("button", name="Play", exact=True).click()

    reader.page.locator("video").wait_for()
    assert not reader.page.locator(".poster").is_visible()


def test_the_timeline_shows_who_talks_and_leads_there(reader: Reader, saved: Path) -> None:
    reader.opens(saved)

    shown = reader.page.locator(".voices li").all_inner_texts()
    assert [text.split("\n")[0] for text in shown] == ["Speaker 1", "Speaker 2"]
    assert sum(int(text.split("·")[1].removesuffix("%")) for text in shown) == 100
    lane = reader.page.locator(".lane").first
    box = lane.bounding_box()
    assert box
    lane.click(position={"x": box["width"] / 2, "y": 3})
    reader.is_at(26)
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


def test_an_audio_file_is_played_without_a_black_picture(reader: Reader, tmp_path: Path) -> None:
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
    reader.page.locator("video:not(.audio)").wait_for(state="attached")
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


@pytest.mark.parametrize("link", ["#t=26", "?t=26", "#t=0:26", "?x=1&t=26.2"])
def test_a_link_leads_to_its_moment(reader: Reader, saved: Path, link: str) -> None:
    reader.opens(saved, at=link)

    reader.is_at(26)

    assert reader.marked("now") == [TURNS[4]["text"]]


def test_a_link_to_the_moment_can_be_copied(reader: Reader, saved: Path) -> None:
    reader.opens(saved, at="?t=3")
    reader.page.locator(".chapters .moment").last.click()
    reader.is_at(26.445)

    assert reader.copies("Copy link at 0:26") == f"{saved.as_uri()}#t=26"


def test_what_is_left_out_is_a_gap_that_can_be_played(reader: Reader, tmp_path: Path) -> None:
    recording = the_sample()
    start = TURNS[5]["start_seconds"] - 0.5
    gap = Gap(start_seconds=start, end_seconds=start + 2, reason="left out: nobody said it")
    page = tmp_path / "result.html"
    html = html_page(replace(recording, gaps=(gap,)))
    page.write_text(with_video(html, SAMPLE.as_uri()), encoding="utf-8")
    reader.opens(page)

    reader.page.get_by_role("button", name="2 s left out: nobody said it").click()

    reader.is_at(start)
    order = reader.page.locator(".gap, .said").all_inner_texts()
    assert [text.endswith("said it") for text in order].index(True) == 5


def test_files_are_made_in_the_page_of_what_it_holds(reader: Reader, saved: Path) -> None:
    reader.opens(saved)
    recording = the_sample()

    srt, markdown = (reader.saves(name) for name in ("Download subtitles", "Download Markdown"))

    assert srt == to_srt(cues_of(recording.transcript))
    head, said = result_page(recording).split("## Transcript")
    assert markdown.partition("## Transcript")[2].strip() == said.strip()
    assert markdown.startswith(head.partition("\n")[0])
    assert "- [ ] Speaker 2: Plan the search. (due: Friday) (0:37)" in markdown
    assert {url for url in reader.requests if not url.startswith(("data:", "blob:"))} <= {
        saved.as_uri(),
        SAMPLE.as_uri(),
    }


def test_transcript_and_action_items_can_be_copied(reader: Reader, saved: Path) -> None:
    reader.opens(saved)

    assert reader.copies("Copy the transcript") == to_text(the_sample().transcript)
    reader.page.get_by_role("tab", name="Summary").click()
    assert reader.copies("Copy") == "- [ ] Speaker 2: Plan the search. (due: Friday) (0:37)\n"


def test_a_file_of_hostile_words_formats_nothing(reader: Reader, tmp_path: Path) -> None:
    """What the page escapes, it escapes as `result.md` does."""
    transcript = a_transcript(*(("SPEAKER_00", text) for text in MARKUP if one_line(text)))
    recording = Recording("a.mp4", transcript, "")
    page = tmp_path / "result.html"
    page.write_text(html_page(recording), encoding="utf-8")
    reader.opens(page)

    [saved] = said_in(reader.saves("Download Markdown"))

    assert saved == said_in(result_page(recording))[0]


def said_in(markdown: str) -> list[str]:
    """Turns, without regard to where sentences are joined."""
    lines = markdown.partition("## Transcript")[2].strip().splitlines()
    return [" ".join(line.split()) for line in lines if line.strip()]


def test_an_extract_says_so_and_claims_nothing(reader: Reader, tmp_path: Path) -> None:
    recording = the_sample()
    assert recording.summary
    extract = recording.summary.model_copy(update={"engine": "extractive/lexrank-v2"})
    page = tmp_path / "result.html"
    page.write_text(html_page(replace(recording, summary=extract)), encoding="utf-8")

    reader.opens(page)
    reader.page.get_by_role("tab", name="Summary").click()

    assert reader.page.locator("h1").inner_text() == "team-meeting.mp4"
    assert reader.page.locator(".banner").inner_text() == (
        "Built-in engine: automatic extract, not an AI summary."
    )
    assert reader.page.locator(".checked").inner_text() == "4 quotes found."


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_everything_has_a_name(
    reader: Reader, saved: Path, scheme: Literal["light", "dark"]
) -> None:
    reader.page.set_viewport_size({"width": 360, "height": 640})
    reader.page.emulate_media(color_scheme=scheme)

    reader.opens(saved)

    width = "document.documentElement.scrollWidth"
    assert reader.page.evaluate(width) == 360
    reader.page.get_by_role("tab", name="Summary").click()
    assert reader.page.evaluate(width) == 360
    tree = reader.page.locator("body").aria_snapshot()
    assert NAMELESS.findall(tree) == []


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

    reader.page.wait_for_function("document.querySelector('video').textTracks[0].cues.length")
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
    assert one_line(text) in reader.page.locator(".voices .name").all_inner_texts()
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
    assert reader.page.locator("a, img, iframe, object, embed, form").count() == 0
    assert reader.page.locator("svg:not(.poster > svg, .voices svg)").count() == 0
    assert reader.page.locator("style, script").count() == 3
    assert reader.complaints == []
    assert all(url.startswith(("file:", "data:")) for url in reader.requests)
