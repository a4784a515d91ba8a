"""The docs site builds without warnings, contains its link targets, and uses no other host."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cdk_app.local.synthesis import ROOT
from chromium import chromium

LOADS = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
LOADING_TAG = re.compile(
    rf"""<(?:{"|".join(LOADS)})\b(?:[^>"']|"[^"]*"|'[^']*')*>""", re.IGNORECASE
)
"""Pages of source files have so many other tags that the parser would take a second."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site. In strict mode (mkdocs.yml), a broken link, anchor or reference fails."""
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--site-dir", folder],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder


def test_source_files_that_the_docs_link_to_are_pages(site: Path) -> None:
    page = (site / "source" / "tests" / "reliability" / "test_crashes.py.html").read_text()

    assert "test_a_crash_at_any_durable_write_is_survived" in page
    assert (
        "source/tests/reliability/test_crashes.py.html" in (site / "fault-matrix.html").read_text()
    )


def test_pages_load_nothing_from_other_hosts(site: Path) -> None:
    pages = list(site.rglob("*.html"))

    assert len(pages) > 50
    assert not {address for page in pages for address in _loaded_by(page) if "//" in address}


def test_diagrams_are_drawn_offline(site: Path) -> None:
    requests: list[str] = []
    with chromium() as browser:
        page = browser.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.goto((site / "architecture.html").as_uri())
        page.wait_for_selector("div.mermaid")

    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []


class _Loads(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get(LOADS.get(tag, ""))
        if address and ("rel", "canonical") not in attrs:
            self.addresses.append(address)


def _loaded_by(page: Path) -> list[str]:
    parser = _Loads()
    for tag in LOADING_TAG.findall(page.read_text()):
        parser.feed(tag)
        parser.reset()  # it would take what follows the tag of a script for the script
    return parser.addresses
