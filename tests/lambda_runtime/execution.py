"""Run a function: AWS's runtime client loads its handler and passes it one event at a time."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any

from lambda_runtime.functions import Function
from lambda_runtime.machine import Machine
from lambda_runtime.runtime_api import Answered, Ready, Refused, Report, RuntimeApi

POLL_SECONDS = 0.2


class FunctionError(Exception):
    """The error that Step Functions would receive: its name and message."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type
        self.message = message


@dataclass
class Execution:
    """A running function.

    init_seconds: from the start of the process until the handler is loaded
    peak_megabytes: of its first process, without the decoder; set when the function has ended"""

    function: Function
    api: RuntimeApi
    process: subprocess.Popen[bytes]
    log: Path
    init_seconds: float = 0.0
    peak_megabytes: int = 0

    def invoke(self, event: Any) -> Any:
        """Raises FunctionError."""
        self.api.send(event)
        report = self.next_report()
        self.wait_until_ready()
        if isinstance(report, Refused):
            raise FunctionError(report.error_type, report.message)
        assert isinstance(report, Answered)
        return report.value

    def wait_until_ready(self) -> None:
        """Raises FunctionError if the handler cannot be loaded."""
        report = self.next_report()
        if isinstance(report, Refused):
            raise FunctionError(report.error_type, report.message)
        assert isinstance(report, Ready)

    def next_report(self) -> Report:
        """Wait for the next report while the function runs. Raises FunctionError."""
        while True:
            with suppress(Empty):
                return self.api.reports.get(timeout=POLL_SECONDS)
            if self.process.poll() is not None:
                raise FunctionError("Runtime.ExitError", self.log.read_text())


@contextmanager
def running(machine: Machine, function: Function, task: Path, log: Path) -> Iterator[Execution]:
    """Run the function until the block ends. Raises FunctionError if its handler fails to load."""
    api, paths = RuntimeApi(), machine.paths(task)
    bootstrap = [f"{paths.runtime}/bootstrap.py"]
    command = machine.command(task, tmp_megabytes=function.disk, arguments=bootstrap)
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=function.environment(paths, api.address, machine.language.version),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    execution = Execution(function, api, process, log)
    try:
        execution.wait_until_ready()
        execution.init_seconds = time.monotonic() - started
        yield execution
    finally:
        execution.peak_megabytes = _end(process)
        api.close()


def _end(process: subprocess.Popen[bytes]) -> int:
    """End the function and return its peak in MB. It is killed before its parent, `unshare`."""
    if process.poll() is not None:
        return 0
    pids = [*_children(process.pid), process.pid]
    status = Path(f"/proc/{pids[0]}/status").read_text()
    peak = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
    return int(peak[1]) >> 10 if peak else 0


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
