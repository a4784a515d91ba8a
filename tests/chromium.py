"""Open pages in Chromium, as people do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first is Chromium without windows, which needs less than half of the processor time."""


@contextmanager
def chromium(*switches: str) -> Iterator[Browser]:
    """Skips the test where none is installed, but in CI. Its sandbox needs rights that containers
    seldom have; the pages are our own."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None and not os.environ.get("CI"):
        pytest.skip("there is no Chromium on this machine: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        args = ["--no-sandbox", *switches]
        browser = playwright.chromium.launch(executable_path=path, args=args)
        yield browser
        browser.close()
