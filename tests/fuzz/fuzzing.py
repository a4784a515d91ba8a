"""What the fuzzers of all families share: how many examples, and limits of memory and time."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings

SEEDS = int(os.environ.get("FUZZ_SEEDS", "25"))
MEBIBYTE = 1 << 20
Test = TypeVar("Test", bound=Callable[..., Any])


def examples(test: Test) -> Test:
    """Run the test with SEEDS examples. A failing one is made smaller and printed."""
    made: Test = settings(
        max_examples=SEEDS,
        deadline=None,
        database=None,
        derandomize=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )(test)
    return made


@contextmanager
def bounded(*, own_megabytes: int, cpu_seconds: float) -> Iterator[None]:
    """Fail if this process's memory grows by more, or if it and its children work for longer.

    The time is that of processors, so that other processes of the machine do not matter.
    """
    memory, used = _peak_megabytes(), _cpu_seconds()
    yield
    assert _peak_megabytes() - memory <= own_megabytes
    assert _cpu_seconds() - used <= cpu_seconds


def children_megabytes() -> int:
    """Return the most memory that any child process has used so far."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


def _peak_megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + usage.ru_utime + usage.ru_stime
