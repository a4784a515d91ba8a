"""Take the pictures of the dashboard for README and docs, in Chromium.

`make screenshot` fills the library of a local stack, walks through every page as the tests do, and
photographs some of them.

    python -m generators.dashboard_pictures FOLDER [all]      `all`: every page, in every look
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cdk_app.local.session import EmbeddedAws, embedded_aws
from cdk_app.local.users import create_user
from chromium import chromium
from web.library import Library
from web.pages import every_page
from web.visitor import LOOKS, Visitor, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PICTURES = {
    "library": ["desktop-light"],
    "job": ["desktop-light", "phone-dark"],
    "job-summary": ["desktop-light"],
    "search-answer": ["desktop-light"],
    "upload": ["desktop-light"],
}
OTHER_RECORDINGS = ("product-review.mp4", "lecture-3.mov", "customer-call-grace.mp4", "retro.mkv")
STILL_MILLISECONDS = 1_200
"""For the player's controls, which fade, and the page's scrolling."""
PLAY_A_MOMENT = """async () => {
    const video = document.querySelector('video');
    if (!video) return;
    video.muted = true;
    await video.play();
    await new Promise((seen) => video.addEventListener('timeupdate', seen, {once: true}));
    video.pause();
}"""
"""So that the player shows a picture and no loading spinner."""


def take(folder: Path, *, is_every: bool = False) -> None:
    with embedded_aws() as aws, chromium() as browser:
        for name, editor in walked(aws, browser):
            for look in LOOKS if is_every else PICTURES.get(name, ()):
                editor.has_look(look)
                editor.page.evaluate(PLAY_A_MOMENT)
                editor.page.wait_for_timeout(STILL_MILLISECONDS)
                image = folder / f"dashboard-{name}-{look}.png"
                editor.page.screenshot(path=image, animations="disabled", caret="hide")
            editor.has_look("desktop-light")


def walked(aws: EmbeddedAws, browser: Browser) -> Iterator[tuple[str, Visitor]]:
    library = Library(aws)
    library.stops_notifications()
    for recording in OTHER_RECORDINGS:
        library.finished(recording)
    with (
        visiting(browser, aws, create_user(aws, "editor")) as editor,
        tempfile.TemporaryDirectory() as files,
    ):
        for name in every_page(editor, library, ".mp4", Path(files)):
            yield name, editor


if __name__ == "__main__":
    take(Path(sys.argv[1]), is_every=sys.argv[2:] == ["all"])
