"""The Markdown page in real renderers and their extensions: no text becomes active.

The renderers are GitHub's (cmark-gfm), Python-Markdown with attributes and abbreviations, mistune
with all of its plugins, and markdown-it, which turns everything like an address into a link.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import cmarkgfm
import markdown
import mistune
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from lifestream.domain.text import one_line
from lifestream.rendering.markdown import escape
from unit.test_injection import HARMLESS, published

pytestmark = pytest.mark.attack

MARKUP = (Path(__file__).parent / "hostile_markdown.txt").read_text(encoding="utf-8").splitlines()
"""Text that some dialect of Markdown reads as markup, one example per line."""
OURS = {"h1", "h2", "p", "ul", "li", "strong", "em", "input", "br"}
PLUGINS = [
    "strikethrough", "table", "footnotes", "task_lists", "url", "def_list", "abbr", "superscript",
    "subscript", "insert", "mark", "math", "spoiler",
]  # fmt: skip
RENDERERS: dict[str, Callable[[str], str]] = {
    "GitHub's cmark": lambda text: cmarkgfm.github_flavored_markdown_to_html(
        text, options=Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES
    ),
    "Python-Markdown": lambda text: markdown.markdown(text, extensions=["extra", "toc", "smarty"]),
    "mistune": lambda text: str(mistune.create_markdown(escape=False, plugins=PLUGINS)(text)),
    "markdown-it": MarkdownIt("gfm-like", {"html": True, "typographer": True}).render,
}
pieces = st.one_of(st.sampled_from(MARKUP), st.text(st.characters(codec="ascii"), max_size=3))
spoken = st.lists(pieces, max_size=6).map("".join)


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """Return pages whose names, titles, summaries and spoken words are all hostile."""
    return {text: published(text)["result.md"] for text in MARKUP}


@pytest.mark.parametrize("renderer", RENDERERS.values(), ids=list(RENDERERS))
def test_the_page_has_no_element_that_we_did_not_write(
    renderer: Callable[[str], str], pages: dict[str, str]
) -> None:
    ours = elements(renderer(HARMLESS["result.md"]))
    other = {text for text, page in pages.items() if elements(renderer(page)) != ours}

    assert other == set()
    assert {tag for tag, _ in ours} <= OURS


@pytest.mark.parametrize("renderer", RENDERERS.values(), ids=list(RENDERERS))
@given(spoken)
def test_no_mixture_of_markup_is_active(renderer: Callable[[str], str], text: str) -> None:
    said = escape(text)
    page = f"# {said}\n\n{said}\n\n- [ ] **{said}**: {said} (0:01)\n\n**{said}** (0:02): {said}\n"

    assert {tag for tag, _ in elements(renderer(page))} <= OURS


@given(spoken)
def test_github_shows_the_spoken_text(text: str) -> None:
    rendered = RENDERERS["GitHub's cmark"](f"x {escape(text)}")

    shown = html.unescape(re.sub(r"<[^>]*>", "", rendered)).replace("\u2060", "")
    assert shown.split() == f"x {one_line(text)}".replace("\u2060", "").split()


@pytest.mark.parametrize("text", MARKUP)
def test_no_address_is_found_when_entities_are_characters_again(text: str) -> None:
    """remark searches the decoded text with these patterns
    (https://github.com/syntax-tree/mdast-util-gfm-autolink-literal)."""
    shown = html.unescape(escape(text))

    assert not re.search(r"https?://[-.\w]|www\.|[-.\w+]+@[-\w]", shown, re.IGNORECASE)


class Elements(HTMLParser):
    """Collects every element with its attributes, except for Python-Markdown's own anchors."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, [name for name, _ in attrs if name != "id"]))

    def handle_comment(self, data: str) -> None:
        self.found.append(("comment", [data]))


def elements(page: str) -> list[tuple[str, list[str]]]:
    parser = Elements()
    parser.feed(page)
    parser.close()
    return parser.found
