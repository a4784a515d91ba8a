"""The HTML page in a real browser: links to a moment, gaps, copies and downloads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from builders import a_transcript
from lifestream.domain.text import one_line
from lifestream.rendering.gaps import Gap
from lifestream.rendering.markdown import result_page
from lifestream.rendering.page import html_page, with_video
from lifestream.rendering.plain_text import to_text
from lifestream.rendering.presentation import Recording
from lifestream.rendering.subtitles import cues_of, to_srt
from media_files import SAMPLE
from page_reader import TURNS, Reader, the_sample
from unit.test_markdown_renderers import MARKUP


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


def test_omitted_text_is_a_gap_that_can_be_played(reader: Reader, tmp_path: Path) -> None:
    recording = the_sample()
    start = TURNS[5]["start_seconds"] - 0.5
    gap = Gap(start_seconds=start, end_seconds=start + 2, reason="left out: hallucination")
    page = tmp_path / "result.html"
    html = html_page(replace(recording, gaps=(gap,)))
    page.write_text(with_video(html, SAMPLE.as_uri()), encoding="utf-8")
    reader.opens(page)

    reader.page.get_by_role("button", name="2 s left out: hallucination").click()

    reader.is_at(start)
    order = reader.page.locator(".gap, .said").all_inner_texts()
    assert [text.endswith("hallucination") for text in order].index(True) == 5


def test_the_page_creates_files_from_its_own_data(reader: Reader, saved: Path) -> None:
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
    """The page escapes text in its Markdown files as `result.md` does."""
    transcript = a_transcript(*(("SPEAKER_00", text) for text in MARKUP if one_line(text)))
    recording = Recording("a.mp4", transcript, "")
    page = tmp_path / "result.html"
    page.write_text(html_page(recording), encoding="utf-8")
    reader.opens(page)

    [saved] = said_in(reader.saves("Download Markdown"))

    assert saved == said_in(result_page(recording))[0]


def said_in(markdown: str) -> list[str]:
    """Return the turns, ignoring where sentences are joined."""
    lines = markdown.partition("## Transcript")[2].strip().splitlines()
    return [" ".join(line.split()) for line in lines if line.strip()]
