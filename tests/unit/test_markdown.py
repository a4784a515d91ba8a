"""The Markdown page shows the text, and the text cannot format the page."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from builders import MEETING, a_draft, a_transcript
from lifestream.domain.citations import verified
from lifestream.domain.parts import MissingPart
from lifestream.domain.summary import Drafted
from lifestream.domain.text import clock
from lifestream.rendering.markdown import escape, result_page
from lifestream.rendering.presentation import Recording

HOSTILE = [
    "<script>alert(1)</script>",
    "[click](http://evil.example/x)",
    "![pixel](http://evil.example/x.png)",
    "http://evil.example/path",
    "www.evil.example",
    "me@evil.example",
    "# heading",
    "1. list",
    "- item",
    "> quote",
    "`code`",
    "**bold** _it_",
    "line\n\n# two",
    "a | b\n---|---",
    "&lt;img src=x&gt;",
    "\x00\u202egpj.exe",
]


def page(text: str, name: str = "talk.mp4") -> str:
    return result_page(
        Recording(
            file_name=name,
            transcript=a_transcript(("SPEAKER_00", text)),
            verdict="All is well.",
            summary=None,
            missing=(),
        )
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_speech_and_names_stay_plain_text(text: str) -> None:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(page(text, name=text))

    kinds = {child.type for token in tokens for child in token.children or ()}
    assert kinds <= {"text", "strong_open", "strong_close", "softbreak", "text_special"}
    assert "html_block" not in {token.type for token in tokens}
    assert sum(token.type == "heading_open" for token in tokens) == 2


@example("0.")
@example("12) x")
@example("1#")
@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf"]), max_size=80))
def test_escaped_text_renders_as_itself(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(f"x {escape(text)}")

    rendered = "".join(c.content for token in tokens for c in token.children or ())
    assert rendered.replace("\u2060", "").split() == ["x", *text.split()]  # joiners in addresses


@pytest.mark.parametrize("address", ["http://e.example", "www.e.example", "WWW.e.example", "a@b.c"])
def test_no_bare_address_is_left_to_be_linked(address: str) -> None:
    assert address not in escape(address)


def test_the_page_leads_with_the_summary_and_ends_with_who_said_what() -> None:
    point = {"text": "It is late.", "segment_ids": [2], "quote": "When will the release be ready"}
    drafted = Drafted(draft=a_draft(abstract="It was about money.", key_points=[point]))

    text = result_page(
        Recording(
            file_name="talk.mp4",
            transcript=MEETING,
            verdict="All is well.",
            summary=verified(drafted, MEETING, engine="test"),
            missing=(),
        )
    )

    assert text.startswith("# Budget\n")
    assert text.index("It was about money.") < text.index("## Transcript")
    assert "**Speaker 2** (0:05): The budget is forty thousand" in text
    assert "1 of 1 statements verified" in text


def test_missing_parts_are_named() -> None:
    part = MissingPart(step="SummarizeTranscript", error="TransientError", cause="busy")

    text = result_page(
        Recording(file_name="a.mp4", transcript=MEETING, verdict="", summary=None, missing=(part,))
    )

    assert "**Missing:** SummarizeTranscript (TransientError)" in text


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (61.9, "1:01"), (3_723, "1:02:03")])
def test_clock(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown
