"""Everybody can use the dashboard: with a screen reader, by keyboard, on a phone, at night."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from fakes import Answer, chat_completion
from local_stack import Pipeline
from page_reader import TURNS, the_sample
from web.conftest import Visit
from web.library import SUFFIX, Library
from web.pages import every_page
from web.visitor import LOOKS, Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Locator

MANY_KEYS = 60
NO_PICKER = "delete window.showOpenFilePicker"
"""Only some browsers have it, and Playwright cannot answer its dialog."""


def test_axe_finds_nothing_on_any_page_in_any_look(
    visit: Visit, library: Library, pipeline: Pipeline, tmp_path: Path
) -> None:
    pipeline.openai.answer = an_answer
    editor = visit("editor")
    found = {}

    for name in every_page(editor, library, SUFFIX, tmp_path):
        for look in LOOKS:
            editor.has_look(look)
            found[f"{name}, {look}"] = editor.violations() + editor.too_wide()

    assert found
    assert {name: problems for name, problems in found.items() if problems} == {}


def an_answer(_path: str, request: dict[str, Any]) -> Answer:
    sentence = {"text": "The search is too slow.", "passage": 0, "quote": "the search"}
    [first] = re.findall(r"\[0\] (.+)", request["messages"][-1]["content"])
    sentence["quote"] = " ".join(first.split()[:5])
    return chat_completion(json.dumps({"sentences": [sentence]}))


def test_the_keyboard_is_enough(visit: Visit, library: Library, tmp_path: Path) -> None:
    done = library.finished(f"by-keyboard{SUFFIX}")
    library.index(done, the_sample().transcript)
    broken = tmp_path / "by-keyboard.mp4"
    broken.write_text("no video")
    editor = visit("editor")
    editor.page.add_init_script(NO_PICKER)

    signs_in_by_keyboard(editor)
    uploads_by_keyboard(editor, broken)
    presses(editor, editor.link("Library"))
    presses(editor, editor.link(done.file_name))
    plays_by_keyboard(editor)
    reads_by_keyboard(editor)
    searches_by_keyboard(editor)


def uploads_by_keyboard(editor: Visitor, file: Path) -> None:
    presses(editor, editor.link("Upload").first)
    with editor.page.expect_file_chooser() as chooser:
        presses(editor, editor.button("Choose files"))
    chooser.value.set_files(file)
    presses(editor, editor.button("Upload 1 recording"))
    presses(editor, editor.link("Open"))
    expect(editor.page.get_by_role("alert")).to_contain_text("The job failed.")


def plays_by_keyboard(editor: Visitor) -> None:
    expect(editor.page.locator(".turn").first).to_be_visible()
    editor.slows_down()
    keys, start = editor.page.keyboard, TURNS[2]["start_seconds"]
    presses(editor, editor.button("Play from 0:11"))
    editor.is_at(start)
    keys.press("l")
    editor.is_at(start + 10)
    keys.press("ArrowLeft")
    editor.is_at(start + 5)
    keys.press("k")
    editor.until(lambda: not editor.is_playing(), "k does not pause")


def reads_by_keyboard(editor: Visitor) -> None:
    editor.page.keyboard.press("/")
    expect(editor.page.get_by_label("Find in the transcript")).to_be_focused()
    editor.page.keyboard.type("two weeks")
    expect(editor.page.locator(".said.current")).to_contain_text("Two weeks")
    presses(editor, editor.page.get_by_role("tab", name="Transcript"), "ArrowRight")
    presses(editor, editor.page.locator(".statement").first)
    editor.is_at(TURNS[3]["start_seconds"] + 9 * 0.4)


def searches_by_keyboard(editor: Visitor) -> None:
    presses(editor, editor.link("Search"))
    tabs_to(editor, editor.page.get_by_label("What was said?"))
    editor.page.keyboard.type("the biggest problem")
    editor.page.keyboard.press("Enter")
    presses(editor, editor.button(re.compile("^Play")).first)
    editor.until(editor.is_playing, "the hit is not played")


def signs_in_by_keyboard(editor: Visitor) -> None:
    editor.page.goto(f"{editor.url}/")
    presses(editor, editor.button("Sign in"))
    expect(editor.page.get_by_label("Username")).to_be_focused()
    editor.page.keyboard.type(editor.user.name)
    editor.page.keyboard.press("Tab")
    editor.page.keyboard.type(editor.user.password)
    editor.page.keyboard.press("Enter")


def presses(visitor: Visitor, control: Locator, key: str = "Enter") -> None:
    tabs_to(visitor, control)
    visitor.page.keyboard.press(key)


def tabs_to(visitor: Visitor, control: Locator) -> None:
    expect(control).to_be_visible()
    for _ in range(MANY_KEYS):
        if control.evaluate("(one) => one === document.activeElement"):
            return
        visitor.page.keyboard.press("Tab")
    raise AssertionError(f"{control} cannot be reached by keyboard")
