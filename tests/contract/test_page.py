"""The HTML page in a real browser: it plays, follows, seeks, searches and fits a phone.

The browser is Chromium, as Debian packages it (`make test` installs it if it can).
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from lifestream.rendering.page import html_page, with_video
from lifestream.rendering.presentation import Recording
from media_files import SAMPLE, tone
from page_reader import TURNS, Reader, the_sample

NAMELESS = re.compile(r"- (?:button|checkbox|searchbox|tab|img|link)\b(?! \").*")


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


def test_the_keys_are_those_of_the_dashboard(reader: Reader, saved: Path) -> None:
    reader.opens(saved, at="#t=26")
    reader.is_at(26)
    reader.page.locator("h1").click()

    reader.page.keyboard.press("l")
    reader.is_at(36)
    reader.page.keyboard.press("J")
    reader.page.keyboard.press("ArrowLeft")
    reader.is_at(21)
    reader.page.keyboard.press("c")

    showing = "document.querySelector('video').textTracks[0].mode"
    assert reader.page.evaluate(showing) == "showing"
    reader.page.keyboard.press("/")
    reader.page.keyboard.type("jklc")
    assert reader.page.locator("[type=search]").input_value() == "jklc"
    reader.is_at(21)
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


def test_a_missing_video_is_reported_and_can_be_replaced(reader: Reader, tmp_path: Path) -> None:
    page = tmp_path / "result.html"
    gone = (tmp_path / "gone.mp4").as_uri()
    page.write_text(with_video(html_page(the_sample()), gone), encoding="utf-8")

    reader.opens(page)

    reader.page.get_by_text("cannot be played from there").wait_for()


def test_an_extract_is_labelled_as_one(reader: Reader, tmp_path: Path) -> None:
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


def test_a_recording_without_speech_has_a_page(reader: Reader, tmp_path: Path) -> None:
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
