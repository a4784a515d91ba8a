"""Fixtures for tests of the dashboard: a browser, people who use it, and jobs in the library."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from cdk_app.local.users import create_user
from chromium import chromium
from local_stack import Pipeline
from web.library import Library
from web.visitor import Visitor, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Visit = Callable[..., Visitor]


@pytest.fixture(scope="package")  # Playwright can run only once per process at a time
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def visit(pipeline: Pipeline, browser: Browser) -> Iterator[Visit]:
    """Return a function that opens the dashboard as the user of a group, such as `editor`."""
    with ExitStack() as visits:

        def visit(group: str = "editor", **options: Any) -> Visitor:
            user = create_user(pipeline.aws, group)
            visitor = visiting(browser, pipeline.aws, user, **options)
            return visits.enter_context(visitor)

        yield visit


@pytest.fixture
def library(pipeline: Pipeline) -> Iterator[Library]:
    library = Library(pipeline.aws)
    yield library
    library.clear()
