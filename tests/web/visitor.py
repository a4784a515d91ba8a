"""Use the dashboard in Chromium.

The content security policy forbids `eval`, which Playwright's `wait_for_function` needs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import expect

from api_tokens import signed_in
from cdk_app.local.session import EmbeddedAws
from cdk_app.local.users import User

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Locator, Page, ViewportSize

AXE = Path("web/node_modules/axe-core/axe.min.js")
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
LOOKS: dict[str, tuple[ViewportSize, Literal["light", "dark"]]] = {
    "desktop-light": (DESKTOP, "light"),
    "desktop-dark": (DESKTOP, "dark"),
    "phone-dark": (PHONE, "dark"),
    "phone-light": (PHONE, "light"),
}
OF_THE_SIGN_IN_PAGE = "^Autofocus processing was blocked"
"""Its field wants the focus, which Playwright may have given to it before. Our pages have none."""
KEEP_SIGNED_IN = "sessionStorage.setItem('lifestream.refresh-token', {})"
"""As web/src/sign-in/session.ts does."""
TIMEOUT_MS = 90_000
POLL_MS = 50
POINT_OF_A_WORD = """(said, word) => {
    const nodes = document.createTreeWalker(said, NodeFilter.SHOW_TEXT);
    for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
        const at = node.textContent.indexOf(word);
        if (at < 0) continue;
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + word.length);
        const box = range.getBoundingClientRect();
        return {x: box.left + box.width / 2, y: box.top + box.height / 2};
    }
}"""
VIOLATIONS = """() => axe.run(document, {resultTypes: ['violations']}).then(({violations}) =>
    violations.flatMap(({id, nodes}) =>
        nodes.map((node) => `${id}: ${node.html.slice(0, 200)}`)))"""
TOO_WIDE = """() => [...document.querySelectorAll('*')]
    .filter((one) => one.scrollWidth > one.clientWidth + 1 && !one.matches('input, textarea, video')
        && (one === document.documentElement || getComputedStyle(one).overflowX !== 'visible'))
    .map((one) => `${one.tagName} ${one.className}: ${one.scrollWidth} > ${one.clientWidth}`)"""

expect.set_options(timeout=TIMEOUT_MS)


@dataclass
class Visitor:
    """Somebody with a browser tab.

    Attributes:
        complaints: What the page wrote to its console, and dialogs that a script opened.
        hosts: Where the page sent requests to.
        accepted: Patterns of complaints that the test provokes.
    """

    page: Page
    aws: EmbeddedAws
    user: User
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    accepted: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.watch(self.page)

    def watch(self, page: Page) -> None:
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", self._answer)
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))

    def _answer(self, dialog: Dialog) -> None:
        self.complaints.append(dialog.message)
        dialog.accept()

    @property
    def url(self) -> str:
        """The address of the dashboard, without a slash at the end."""
        return self.aws.api_url

    def is_content(self) -> None:
        """Require that the page complained of nothing, and asked no other host for anything."""
        left = [
            complaint
            for complaint in self.complaints
            if not any(
                re.search(pattern, complaint) for pattern in (OF_THE_SIGN_IN_PAGE, *self.accepted)
            )
        ]
        assert left == [], left
        assert self.hosts <= {urlsplit(self.url).netloc, ""}  # blob: addresses have no host

    def signs_in(self, address: str = "/") -> Visitor:
        self.page.goto(f"{self.url}{address}")
        self.button("Sign in").click()
        return self.fills_in(self.page)

    def comes_back(self, address: str = "/") -> Visitor:
        """Open an address in a tab that was signed in before.

        The pages of a sign-in would take half of the CPU time of a short test. A test of reloads
        must use `signs_in`, because this tab is signed in again before each page loads.
        """
        token = json.dumps(signed_in(self.aws, self.user).refresh)
        self.page.add_init_script(KEEP_SIGNED_IN.format(token))
        self.page.goto(f"{self.url}{address}")
        return self

    def fills_in(self, page: Page) -> Visitor:
        """Fill in the form of the sign-in pages."""
        page.get_by_label("Username").fill(self.user.name)
        page.get_by_label("Password").fill(self.user.password)
        page.get_by_role("button", name="Sign in").click()
        return self

    def opens(self, address: str) -> None:
        """Follow a link of the dashboard to an address, without loading the page again."""
        self.page.evaluate(
            "address => { history.pushState(null, '', address);"
            " dispatchEvent(new Event('lifestream:address')); }",
            address,
        )

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name, exact=isinstance(name, str))

    def link(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("link", name=name, exact=isinstance(name, str))

    def sees(self, text: str | re.Pattern[str]) -> Locator:
        found = self.page.get_by_text(text).first
        expect(found).to_be_visible()
        return found

    def until(self, condition: Callable[[], object], complaint: str) -> None:
        for _ in range(TIMEOUT_MS // POLL_MS):
            if condition():
                return
            self.page.wait_for_timeout(POLL_MS)
        raise AssertionError(complaint)

    def chooses(self, *files: Path) -> None:
        """Choose files to upload. The browser's own dialog cannot be used by a test."""
        self.page.locator("input[type=file]").first.set_input_files(list(files))

    def filters_by(self, name: str) -> None:
        """Show only the jobs whose files have a name, and wait until the API has answered."""
        with self.page.expect_response(lambda response: "name=" in response.url):
            self.page.get_by_label("Search by name").fill(name)

    def job(self, name: str) -> Locator:
        return self.page.locator(".job-row").filter(has_text=name).first

    def upload(self, name: str) -> Locator:
        return self.page.locator(".upload-row").filter(has_text=name)

    def clicks_the_word(self, word: str, sentence: str) -> None:
        """Words are no elements, so the mouse goes to where the word is shown."""
        said = self.page.locator(".said").filter(has_text=re.compile(re.escape(sentence))).first
        said.scroll_into_view_if_needed()
        point = said.evaluate(POINT_OF_A_WORD, word)
        self.page.mouse.click(point["x"], point["y"])

    def at(self) -> float:
        return float(self.page.evaluate("document.querySelector('video')?.currentTime ?? -1"))

    def is_playing(self) -> bool:
        return bool(
            self.page.evaluate(
                "[...document.querySelectorAll('video')].some((video) => !video.paused)"
            )
        )

    def slows_down(self, rate: float = 0.07) -> None:
        """Play slowly, so that the test sees the position after a seek."""
        expect(self.page.locator("video")).to_be_visible()
        self.page.evaluate(
            "rate => { const video = document.querySelector('video');"
            " video.defaultPlaybackRate = video.playbackRate = rate; video.muted = true; }",
            rate,
        )

    def is_at(self, seconds: float, *, within: float = 0.6) -> None:
        def is_there() -> bool:
            return abs(self.at() - seconds) < within

        self.until(is_there, f"the video is at {self.at()}, not at {seconds}")

    def has_look(self, name: str) -> None:
        window, scheme = LOOKS[name]
        self.page.set_viewport_size(window)
        self.page.emulate_media(color_scheme=scheme)

    def violations(self) -> list[str]:
        """Return what axe-core finds on the page: https://github.com/dequelabs/axe-core"""
        if not self.page.evaluate("typeof axe === 'object'"):
            session = self.page.context.new_cdp_session(self.page)
            session.send("Runtime.evaluate", {"expression": AXE.read_text()})
            session.detach()
        found: list[str] = self.page.evaluate(VIOLATIONS)
        return found

    def too_wide(self) -> list[str]:
        """Return what has to be scrolled sideways, or is cut off."""
        found: list[str] = self.page.evaluate(TOO_WIDE)
        return found


@contextmanager
def visiting(browser: Browser, aws: EmbeddedAws, user: User, **options: Any) -> Iterator[Visitor]:
    """Open a tab of a browser that knows nothing yet; at the end, require that all went well."""
    context = browser.new_context(**({"viewport": DESKTOP} | options))
    context.set_default_timeout(TIMEOUT_MS)
    visitor = Visitor(context.new_page(), aws, user)
    yield visitor
    visitor.is_content()
    context.close()
