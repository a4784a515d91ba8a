"""A cloud of one's own for every test, checked at its end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulation.cloud import Cloud
from simulation.world import simulated


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """Whatever a test did, the eight guarantees hold for every upload at its end."""
    with simulated(seed=7) as made:
        yield made
        made.run_until_idle()
        made.check(*made.uploads, superseded=made.superseded())
