"""Measure the dashboard in Chromium, against the local stack: the first load, a recording of 12
hours, and a library of 10,000 jobs.

The library is written into table and bucket, without running the pipeline. A long task is one that
keeps the page from answering for more than 50 ms. The times are those of one run on one machine.

    python benchmarks/dashboard.py [JOBS]      10000 by default
"""

from __future__ import annotations

import gzip
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table

from builders import a_transcript
from cdk_app.dashboard_build import DIST
from cdk_app.local.session import embedded_aws
from cdk_app.local.users import create_user
from chromium import chromium
from lifestream.domain.transcript import Transcript
from web.library import Library
from web.visitor import Visitor, visiting

JOBS = 10_000
SEGMENTS, WORDS_OF_A_SEGMENT = 8_000, 13
"""104,000 words, which people say in 12 hours."""
SPEAKERS, SEGMENTS_OF_A_TURN = 3, 7
FIRST_LOAD = ("index.html", "icon.svg", "assets/*")
OLDEST = "talk-00000"
SCROLLS = 60
COLLECT = """() => {
    window.tasks = [];
    new PerformanceObserver((list) => {
        for (const {duration} of list.getEntries()) window.tasks.push(duration);
    }).observe({type: 'longtask'});
}"""
SCROLL = """async (times) => {
    const list = document.querySelector('.lines');
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    for (let step = 1; step <= times; step++) {
        list.scrollTop = list.scrollHeight * Math.abs(Math.sin(step));
        await frame();
        await frame();
    }
}"""


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else JOBS
    with embedded_aws() as aws, chromium() as browser:
        library = Library(aws)
        library.many(count, name="talk")
        job = library.finished("twelve-hours.Mp4", transcript=twelve_hours())
        with visiting(browser, aws, create_user(aws, "viewer")) as viewer:
            table = Table("page", "figure", title=f"{count} jobs, {len_words()} words")
            for page, figure in measured(viewer, f"/jobs/{job.job_id}", count):
                table.add_row(page, figure)
    Console().print(table)


def twelve_hours() -> Transcript:
    words = [f"word{number}" for number in range(WORDS_OF_A_SEGMENT - 1)]
    return a_transcript(
        *(
            (
                f"SPEAKER_{number // SEGMENTS_OF_A_TURN % SPEAKERS:02}",
                f"{' '.join(words)} {number}.",
            )
            for number in range(SEGMENTS)
        )
    )


def len_words() -> int:
    return SEGMENTS * WORDS_OF_A_SEGMENT


def measured(viewer: Visitor, job: str, count: int) -> Iterator[tuple[str, str]]:
    yield "first load", f"{compressed_bytes() / 1e3:.1f} KB compressed"
    viewer.signs_in("/")
    viewer.job("talk").wait_for()  # the function has started
    yield "first load, until the jobs are shown", f"{first_load(viewer):.2f} s"
    yield from the_end_of_the_list(viewer, count)
    yield from a_long_recording(viewer, job)


def compressed_bytes() -> int:
    files = [file for pattern in FIRST_LOAD for file in DIST.glob(pattern)]
    return sum(len(gzip.compress(file.read_bytes())) for file in files)


def first_load(viewer: Visitor) -> float:
    with timed() as seconds:
        viewer.page.reload()
        viewer.job("talk").wait_for()
    return seconds()


def the_end_of_the_list(viewer: Visitor, count: int) -> Iterator[tuple[str, str]]:
    rows = viewer.page.locator(".job-row")
    with long_tasks(viewer) as longest, timed() as seconds:
        while OLDEST not in rows.last.inner_text():
            viewer.page.locator(".jobs").press("End")
            viewer.page.wait_for_timeout(10)
    yield "library, scrolled to the end", f"{seconds():.1f} s, {longest()}"
    yield "library, at the end", f"{rows.count()} of {count + 1} rows are in the document"


def a_long_recording(viewer: Visitor, job: str) -> Iterator[tuple[str, str]]:
    viewer.opens("/search")
    output = viewer.page.locator(".tools output")
    with long_tasks(viewer) as longest, timed() as seconds:
        viewer.opens(job)
        viewer.page.locator(".turn").first.wait_for()
        yield "12 hours, until text is shown", f"{seconds():.2f} s"
        viewer.until(lambda: "loading" not in output.inner_text(), "the rest is not loaded")
        yield "12 hours, until all is loaded", f"{seconds():.2f} s, {longest()}"
    with long_tasks(viewer) as longest:
        viewer.page.evaluate(SCROLL, SCROLLS)
        yield f"12 hours, {SCROLLS} jumps through the text", longest()


@contextmanager
def timed() -> Iterator[Callable[[], float]]:
    started = time.perf_counter()
    yield lambda: time.perf_counter() - started


@contextmanager
def long_tasks(viewer: Visitor) -> Iterator[Callable[[], str]]:
    viewer.page.evaluate(COLLECT)

    def longest() -> str:
        tasks: list[Any] = viewer.page.evaluate("window.tasks")
        return f"longest task {max(tasks):.0f} ms" if tasks else "no task over 50 ms"

    yield longest


if __name__ == "__main__":
    main()
