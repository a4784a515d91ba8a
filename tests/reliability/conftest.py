"""Each test gets its own simulated cloud, which is checked at the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulation.cloud import Cloud
from simulation.world import simulated


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """Yield a cloud. After the test, check the eight guarantees for every upload."""
    with simulated(seed=7) as made:
        yield made
        made.run_until_idle()
        made.check(*made.uploads, superseded=made.superseded())
