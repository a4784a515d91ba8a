"""Fixtures for tests of the sample's page in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chromium import chromium
from lifestream.rendering.page import html_page, with_video
from media_files import SAMPLE

if TYPE_CHECKING:
    from playwright.sync_api import Browser
from page_reader import Reader, the_sample


@pytest.fixture(scope="package")  # Playwright can run only once per process at a time
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


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
    """Save the sample's page as `lifestream results --open` does."""
    page = tmp_path / "result.html"
    page.write_text(with_video(html_page(the_sample()), SAMPLE.as_uri()), encoding="utf-8")
    return page
