"""The page of a job: play, follow, find, name; and what it says when something is missing."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

from page_reader import TURNS
from web.conftest import Visit
from web.library import SUFFIX, Library
from web.visitor import DESKTOP, PHONE, Visitor

TWO_FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def test_a_click_on_a_word_plays_from_it_and_the_page_follows(
    visit: Visit, library: Library
) -> None:
    job = library.finished()
    viewer = visit("viewer").comes_back(f"/jobs/{job.job_id}")
    viewer.slows_down()

    viewer.clicks_the_word("problem", "The biggest problem")

    viewer.is_at(26.445 + 2 * 0.4)
    assert viewer.is_playing()
    expect(viewer.page.locator(".spoken")).to_have_text(re.compile("problem"))
    viewer.slows_down(4)
    expect(viewer.page.locator(".said.now")).to_contain_text("make the search faster")


def test_a_link_leads_to_a_moment_even_through_the_sign_in(visit: Visit, library: Library) -> None:
    job = library.finished()
    viewer = visit("viewer", permissions=["clipboard-read", "clipboard-write"])

    viewer.signs_in(f"/jobs/{job.job_id}?t=32")

    viewer.is_at(32)
    expect(viewer.page.locator(".said.now")).to_contain_text("make the search faster")
    viewer.button("Copy link to this moment").click()
    viewer.sees("The link to 0:32 is copied.")
    copied = viewer.page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{viewer.url}/jobs/{job.job_id}?t=32"


def test_the_transcript_is_searched_and_a_chapter_is_played(visit: Visit, library: Library) -> None:
    job = library.finished()
    viewer = visit("viewer").comes_back(f"/jobs/{job.job_id}")
    viewer.slows_down()

    viewer.page.get_by_label("Find in the transcript").fill("two weeks")
    expect(viewer.page.locator(".tools output")).to_have_text("1 of 1")
    expect(viewer.page.locator(".said.current")).to_contain_text("Two weeks is fine")
    viewer.button(re.compile("Search$")).click()

    viewer.is_at(TURNS[5]["start_seconds"])


def test_a_phone_that_is_turned_keeps_the_place(visit: Visit, library: Library) -> None:
    job = library.finished()
    viewer = visit("viewer").comes_back(f"/jobs/{job.job_id}?t=48")
    expect(viewer.page.locator(".said.now")).to_contain_text("price")
    viewer.is_at(48)  # when the video is loaded, it moves to the moment of the link

    for turn in TURNS[1:7]:
        viewer.page.evaluate(f"document.querySelector('video').currentTime = {middle(turn)}")
        expect(viewer.page.locator(".said.now")).to_have_text(turn["text"])
        for window in (PHONE, DESKTOP):
            viewer.page.set_viewport_size(window)
            viewer.page.evaluate(TWO_FRAMES)
            viewer.until(
                lambda: is_in_the_list(viewer, ".said.now"), f"{turn['text']}: out of view"
            )


def middle(turn: dict[str, Any]) -> float:
    return float(turn["start_seconds"] + turn["end_seconds"]) / 2


def is_in_the_list(viewer: Visitor, sentence: str) -> bool:
    """Return whether the last such sentence is within the part of the transcript that is seen."""
    box = viewer.page.locator(".lines").bounding_box()
    said = viewer.page.locator(sentence).last.bounding_box()
    if not (box and said):
        return False
    return box["y"] <= said["y"] and said["y"] + said["height"] <= box["y"] + box["height"]


def test_captions_are_there(visit: Visit, library: Library) -> None:
    job = library.finished()
    viewer = visit("viewer").comes_back(f"/jobs/{job.job_id}")
    expect(viewer.page.locator("track")).to_be_attached()

    viewer.page.keyboard.press("c")

    viewer.until(
        lambda: viewer.page.evaluate("document.querySelector('video').textTracks[0].cues?.length"),
        "the captions are not loaded",
    )


def test_a_name_that_is_refused_is_explained(visit: Visit, library: Library) -> None:
    job = library.finished()
    editor = visit("editor").comes_back(f"/jobs/{job.job_id}")
    editor.accepted = ["status of 4"]
    editor.button("Name Speaker 1").click()

    editor.page.keyboard.type("Speaker 2")
    editor.page.keyboard.press("Enter")

    expect(editor.page.get_by_role("alert")).to_contain_text("reserved")
    editor.page.keyboard.press("Escape")
    expect(editor.button("Name Speaker 1")).to_be_visible()


def test_the_field_of_a_name_takes_the_focus_only_once(visit: Visit, library: Library) -> None:
    job = library.finished()
    editor = visit("editor").comes_back(f"/jobs/{job.job_id}")
    editor.button("Name Speaker 1").click()
    expect(editor.page.get_by_label("Name Speaker 1")).to_be_focused()

    summary = editor.page.get_by_role("tab", name="Summary")
    summary.click()
    expect(editor.page.locator(".statement").first).to_be_visible()

    expect(summary).to_be_focused()


def test_a_recording_that_the_browser_cannot_play_has_its_transcript(
    visit: Visit, library: Library
) -> None:
    job = library.finished(f"old-camera{SUFFIX}", video=b"no video that any browser knows")

    viewer = visit("viewer").comes_back(f"/jobs/{job.job_id}")

    viewer.sees("Your browser cannot play this kind of recording. The transcript is complete.")
    viewer.sees("The biggest problem is the search.")


def test_a_job_that_is_erased_while_it_is_shown(visit: Visit, library: Library) -> None:
    job = library.running(f"unwanted{SUFFIX}")
    viewer = visit("viewer").comes_back(f"/jobs/{job.job_id}")
    viewer.sees("Extracting audio")
    viewer.accepted = ["status of 404"]

    library.erase(job)

    viewer.sees("This job was deleted while you looked at it.")
    viewer.link("Go to the library").click()
    expect(viewer.page.get_by_role("heading", name="Library")).to_be_visible()


def test_a_job_that_does_not_exist(visit: Visit) -> None:
    viewer = visit("viewer")
    viewer.accepted = ["status of 404"]

    viewer.comes_back("/jobs/0123456789abcdef0123456789abcdef?t=5")

    viewer.sees("There is no such job.")


def test_a_name_that_is_given_in_one_tab_is_in_the_other_one_after_a_reload(
    visit: Visit, library: Library
) -> None:
    job = library.finished()
    one = visit("editor").comes_back(f"/jobs/{job.job_id}")
    other = visit("editor").signs_in(f"/jobs/{job.job_id}")
    one.button("Name Speaker 2").click()
    one.page.keyboard.type("Grace")
    one.page.keyboard.press("Enter")
    expect(one.page.locator(".name").last).to_have_text("Grace")

    other.page.reload()

    expect(other.page.locator(".name").last).to_have_text("Grace")


def test_a_page_goes_on_when_the_connection_is_back(visit: Visit, library: Library) -> None:
    job = library.finished(f"behind-a-tunnel{SUFFIX}")
    viewer = visit("viewer").comes_back("/")
    expect(viewer.job("behind-a-tunnel")).to_be_visible()
    viewer.accepted = ["net::ERR_INTERNET_DISCONNECTED"]
    viewer.page.context.set_offline(offline=True)
    viewer.sees("You are offline.")

    viewer.job("behind-a-tunnel").get_by_role("link").click()
    viewer.sees("No connection. The server did not answer.")
    expect(viewer.button("Try again")).to_be_visible()

    viewer.page.context.set_offline(offline=False)

    expect(viewer.page.get_by_role("heading", level=1)).to_have_text(job.file_name)
