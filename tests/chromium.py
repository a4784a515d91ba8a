"""Open pages in Chromium."""

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
"""The first is the headless shell, which needs less than half of the CPU time."""


@contextmanager
def chromium(*switches: str) -> Iterator[Browser]:
    """Start Chromium. Skip the test if it is not installed, except in CI.

    Chromium's sandbox needs permissions that containers seldom have. It is not needed here,
    because the pages are our own.
    """
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None and not os.environ.get("CI"):
        pytest.skip("there is no Chromium on this machine: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        args = ["--no-sandbox", *switches]
        browser = playwright.chromium.launch(executable_path=path, args=args)
        yield browser
        browser.close()
