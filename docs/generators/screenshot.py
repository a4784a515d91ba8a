"""Take a screenshot of a result page in Chromium, for the README.

`make screenshot` runs the sample through the local stack and photographs its page.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from chromium import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Page, ViewportSize

SIZE: ViewportSize = {"width": 1280, "height": 960}
MOMENT_SECONDS = 24.0
"""Where the video is paused: in the middle of the sample, while somebody speaks."""
STILL_MILLISECONDS = 1_000
"""For the player's controls, which fade, and the page's scrolling."""


def take(page: Path, image: Path) -> None:
    """Write what a reader sees first: the top of the page, with the video paused in the middle."""
    with chromium() as browser:
        context = browser.new_context(viewport=SIZE, color_scheme="light", reduced_motion="reduce")
        opened = context.new_page()
        opened.goto(page.resolve().as_uri())
        _pause_at(opened, MOMENT_SECONDS)
        opened.evaluate("() => { window.scrollTo(0, 0); return document.fonts.ready; }")
        image.parent.mkdir(parents=True, exist_ok=True)
        opened.screenshot(path=image, animations="disabled", caret="hide")


def _pause_at(page: Page, seconds: float) -> None:
    """Play for a moment from there, so that the player shows a picture and no loading spinner."""
    page.evaluate(
        """async seconds => {
            const video = document.querySelector('video');
            video.muted = true;
            video.currentTime = seconds;
            await video.play();
        }""",
        seconds,
    )
    page.wait_for_function(
        "seconds => document.querySelector('video').currentTime > seconds + 0.5", arg=seconds
    )
    page.evaluate("document.querySelector('video').pause()")
    page.wait_for_timeout(STILL_MILLISECONDS)


if __name__ == "__main__":
    take(Path(sys.argv[1]), Path(sys.argv[2]))
