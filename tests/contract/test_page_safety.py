"""The HTML page in a real browser: it fetches nothing, and hostile text stays text."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders import a_transcript
from contract.test_injections import INJECTIONS
from lifestream.domain.speech.voiceprints import with_given
from lifestream.domain.text import one_line
from lifestream.rendering.page import html_page, with_video
from lifestream.rendering.presentation import Recording
from media_files import SAMPLE
from page_reader import TURNS, Reader, the_sample
from unit.test_injection import HOSTILE, SAID
from unit.test_markdown_renderers import MARKUP


def test_the_page_requests_only_itself_and_its_video(reader: Reader, saved: Path) -> None:
    reader.opens(saved)
    reader.page.locator(".said").last.click()
    reader.is_at(TURNS[-1]["start_seconds"])

    assert {url for url in reader.requests if not url.startswith("data:")} <= {
        saved.as_uri(),
        SAMPLE.as_uri(),
    }
    assert reader.complaints == []


def test_the_content_security_policy_blocks_injected_markup(reader: Reader, tmp_path: Path) -> None:
    """The content security policy is the second line of defence: it blocks foreign content."""
    image = tmp_path / "pixel.svg"
    image.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>')
    strange = f"<script>document.title = 'taken'</script><img src='{image.as_uri()}'>"
    page = tmp_path / "result.html"
    page.write_text(html_page(the_sample()).replace("</main>", f"{strange}</main>"))

    reader.opens(page)

    assert reader.page.title() == "A meeting about the search"
    assert reader.page.evaluate("document.querySelector('img').naturalWidth") == 0
    assert sum("Content Security Policy" in complaint for complaint in reader.complaints) == 2


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
    """One page contains all markup that any renderer knows, and every injection."""
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
