"""The synthesized template as fixtures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from infrastructure.templates import synthesized

if TYPE_CHECKING:
    from aws_cdk.assertions import Template


@pytest.fixture(scope="session", params=["gpu", "cpu"])
def template(request: pytest.FixtureRequest) -> Template:
    return synthesized(compute=request.param)


@pytest.fixture(scope="session")
def synthesize() -> Callable[..., Template]:
    return synthesized
