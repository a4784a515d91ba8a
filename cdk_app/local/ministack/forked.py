"""Start Python scripts as forks of a process that has already imported the packages they use.

A new interpreter spends a second or two on importing SciPy, boto3 and the like. The standard
library's fork server imports them once, in the background. It imports none of the steps' modules,
because each Lambda function has its own copy of them. Where forking after such imports is not safe,
as on macOS, each script gets a new interpreter.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing import connection, forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import IO, Any, NamedTuple

PACKAGES = (
    "cdk_app.local.ministack.service_models",
    "aws_lambda_powertools.event_handler.openapi.params",
    "aws_lambda_powertools.utilities.parameters",
    "av",
    "boto3.dynamodb.conditions",
    "faster_whisper",
    "jinja2",
    "pydantic.types",
    "safetensors.numpy",
    "scipy.signal",
    "sklearn.cluster",
    "tokenizers",
)
"""What steps and container import, except onnxruntime, which opens files and starts threads."""

LONGEST_SOCKET_PATH = 107
SOCKET_NAME = "/pymp-12345678/listener-12345678"
CONTEXT = multiprocessing.get_context("forkserver")
LOCK = threading.Lock()
"""Held while a process starts or its exit code is read. If two threads did that at once,
multiprocessing would give one of them a wrong exit code."""


def import_in_background(packages: Sequence[str] = ()) -> None:
    """Start the fork server, which imports `PACKAGES` and `packages` as far as they are installed.

    It inherits this process's environment.
    """
    if _can_fork():
        multiprocessing.set_forkserver_preload([*PACKAGES, *packages])
        forkserver.ensure_running()


def popen(argv: Sequence[str], **options: Any) -> ForkedProcess | subprocess.Popen[Any]:
    """Start a process, with the options of `subprocess.Popen`."""
    is_script = argv[0] == sys.executable and not argv[1].startswith("-")
    if is_script and _can_fork():
        with suppress(OSError, EOFError):  # the fork server has ended: a package cannot be imported
            return ForkedProcess(argv, **options)
    return subprocess.Popen(argv, **options)


def _can_fork() -> bool:
    """Return whether a fork is safe, and the path of the fork server's socket is short enough."""
    socket_path = tempfile.gettempdir() + SOCKET_NAME
    return sys.platform == "linux" and len(socket_path) <= LONGEST_SOCKET_PATH


class ForkedProcess:
    """The part of `subprocess.Popen` that `containers` and MiniStack's Lambda workers use.

    The standard output is always a pipe. Callbacks that the script registers with `atexit` are not
    called.
    """

    def __init__(  # noqa: PLR0913  # Popen's options
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str | Path,
        stdin: int,
        stdout: int,  # noqa: ARG002  # see above
        stderr: int,
        text: bool = False,
        bufsize: int = -1,
        start_new_session: bool = False,
    ) -> None:
        self.args = argv
        self.returncode: int | None = None
        self._has_ended = threading.Event()
        script = Script(list(argv[1:]), dict(env), Path(cwd), start_new_session)
        given, stdin_writer = CONTEXT.Pipe(duplex=False)
        stdout_reader, output = CONTEXT.Pipe(duplex=False)
        stderr_reader, errors = CONTEXT.Pipe(duplex=False)
        streams = (given, output, output if stderr == subprocess.STDOUT else errors)
        self.pid = self._start(script, _import_path(script), streams)
        for theirs in (given, output, errors):
            theirs.close()
        mode = "" if text else "b"
        self.stdin = _file(stdin_writer, f"w{mode}", bufsize)
        self.stdout = _file(stdout_reader, f"r{mode}", bufsize)
        self.stderr = _file(stderr_reader, f"r{mode}", bufsize)
        if stdin == subprocess.DEVNULL:
            self.stdin.close()

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        self._has_ended.wait(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return self.returncode

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def _start(self, script: Script, path: list[str], streams: tuple[Connection, ...]) -> int:
        """Return the process id when the process has its environment, folder and session."""
        ready, is_ready = CONTEXT.Pipe(duplex=False)
        process = CONTEXT.Process(target=_run, args=(script, path, streams, is_ready), daemon=True)
        with LOCK:
            process.start()
        is_ready.close()
        ready.poll(None)  # until the process closes its end
        threading.Thread(target=self._follow, args=(process,), daemon=True).start()
        return process.pid  # type: ignore[return-value]  # it has started

    def _follow(self, process: ForkServerProcess) -> None:
        connection.wait([process.sentinel])
        with LOCK:
            process.join()
            self.returncode = process.exitcode
        self._has_ended.set()


class Script(NamedTuple):
    """A script, its arguments and how it runs."""

    argv: list[str]
    environment: dict[str, str]
    folder: Path
    leads_session: bool


def _import_path(script: Script) -> list[str]:
    """Return the sys.path that an interpreter would have for the script."""
    own = {"", str(Path.cwd()), *_python_path(os.environ)}
    installed = [folder for folder in sys.path if folder not in own]
    beside = script.folder.joinpath(script.argv[0]).parent
    return [str(beside), *_python_path(script.environment), *installed]


def _python_path(environment: Mapping[str, str]) -> list[str]:
    return [folder for folder in environment.get("PYTHONPATH", "").split(os.pathsep) if folder]


def _file(end: Connection, mode: str, bufsize: int) -> IO[Any]:
    with end:
        return os.fdopen(os.dup(end.fileno()), mode, bufsize)


def _run(
    script: Script, path: list[str], streams: tuple[Connection, ...], is_ready: Connection
) -> None:
    """Run the script in this fork, as an interpreter would."""
    gc.freeze()  # a collection of the packages' objects would copy the memory that forks share
    os.environ.clear()
    os.environ.update(script.environment)
    os.chdir(script.folder)
    if script.leads_session:
        os.setsid()
    Path("/proc/self/comm").write_text(Path(script.argv[0]).name)  # the name that `top` shows
    for number, stream in enumerate(streams):
        os.dup2(stream.fileno(), number)
    for end in (*streams, is_ready):
        end.close()
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    sys.argv, sys.path = script.argv, path
    runpy.run_path(str(script.folder / script.argv[0]), run_name="__main__")
