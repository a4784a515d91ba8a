"""One deployment, and one warm execution environment for each function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from cdk_app.bundling import Requirements, Target, bundle
from cdk_app.local.synthesis import CACHE
from lambda_runtime.cloud import Cloud, running_cloud
from lambda_runtime.execution import Execution, running
from lambda_runtime.language import installed_language
from lambda_runtime.machine import Machine, this_machine

Unpacked = Callable[[Requirements, Target], Path]
Warm = Callable[[str], Execution]
MACHINE = pytest.StashKey[Machine]()
EXECUTIONS = pytest.StashKey[dict[str, Execution]]()


@pytest.fixture(scope="session")
def machine(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    made = this_machine(installed_language(CACHE), tmp_path_factory.mktemp("root"))
    pytestconfig.stash[MACHINE] = made
    return made


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    with running_cloud() as running:
        yield running


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    """Unpack the zip, as /var/task."""

    @cache
    def bundled(requirements: Requirements, target: Target) -> Path:
        folder = tmp_path_factory.mktemp("task") / requirements  # readable by every user
        bundle(requirements, folder, target)
        return folder

    return bundled


@pytest.fixture(scope="session")
def warm(
    pytestconfig: pytest.Config,
    machine: Machine,
    cloud: Cloud,
    unpacked: Unpacked,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Warm]:
    """Return executions by handler. Each starts on first use and ends with the tests."""
    executions = pytestconfig.stash.setdefault(EXECUTIONS, {})
    logs = tmp_path_factory.mktemp("logs")
    with ExitStack() as stack:

        @cache
        def started(handler: str) -> Execution:
            function = cloud.functions[handler]
            task = unpacked(function.requirements, machine.language.target)
            log = logs / f"{handler}.log"
            execution = stack.enter_context(running(machine, function, task, log))
            executions[handler] = execution
            return execution

        yield started


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Report the Python, the differences from Lambda, and the time and memory per function."""
    if MACHINE not in config.stash:
        return
    machine, line = config.stash[MACHINE], terminalreporter.line
    terminalreporter.section("Lambda-shaped runtime")
    line(f"Python {machine.language.full_version}, its library found by LD_LIBRARY_PATH only")
    if machine.missing:
        line(f"NOT isolated ({machine.missing}):")
        line("not tested here: read-only folders, the size of /tmp, no /dev/shm, no HOME folder")
    else:
        user = machine.user or "root of a user namespace"
        line(
            f"isolated, user {user}: only /tmp can be written, of the function's size; no /dev/shm"
        )
    for handler, execution in sorted(config.stash.get(EXECUTIONS, {}).items()):
        line(
            f"{handler:38} loaded in {execution.init_seconds:4.2f} s, "
            f"peak {execution.peak_megabytes:3} of {execution.function.memory} MB"
        )
