"""Scripts that the local stack forks behave as if each had its own interpreter."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import ModuleSpec
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import pytest

from cdk_app.local.ministack.forked import ForkedProcess, popen

ROOT = Path(__file__).parent.parent.parent
PATIENCE_SECONDS = 60
Start = Callable[..., ForkedProcess]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks are used on Linux only")


@pytest.fixture(autouse=True)
def _as_in_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run as the server does, as a package's `__main__`, but import no packages."""
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", ModuleSpec("server.__main__", None))
    multiprocessing.set_forkserver_preload([])


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Return a function that starts a script with its text, arguments and options."""

    def start_script(code: str, *arguments: str, **options: Any) -> ForkedProcess:
        script = tmp_path / f"{hashlib.sha256(code.encode()).hexdigest()}.py"
        if not script.exists():
            script.write_text(code)
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        process = popen(
            [sys.executable, str(script), *arguments],
            **({"env": {}, "cwd": tmp_path, "text": True} | pipes | options),
        )
        assert isinstance(process, ForkedProcess)
        return process

    return start_script


def test_a_package_that_cannot_be_imported_costs_only_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_package.py").write_text("raise RuntimeError")
    (tmp_path / "script.py").write_text("print('done')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    multiprocessing.set_forkserver_preload(["broken_package"])
    server: Any = forkserver._forkserver  # its end is not public
    server._stop()

    process = popen(
        [sys.executable, "script.py"],
        env={}, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip

    assert isinstance(process, subprocess.Popen)
    assert process.communicate()[0] == "done\n"
    server._stop()


SHOW = """
import json, os, signal, subprocess, sys
child = subprocess.run(["env", "-0"], capture_output=True, text=True).stdout
print(json.dumps({
    "name": __name__, "file": __file__, "argv": sys.argv, "path": sys.path, "cwd": os.getcwd(),
    "environment": dict(os.environ), "of its children": sorted(child.split("\\0")),
    "input": sys.stdin.read(), "session": os.getsid(0) == os.getpid(),
    "signals": [str(signal.getsignal(number)) for number in signal.valid_signals()],
}))
"""


def test_a_script_sees_the_same_as_in_a_new_interpreter(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = subprocess.run(
        [sys.executable, "-c", "import json, sys; print(json.dumps(sys.path))"],
        capture_output=True, check=True, cwd=ROOT,
    ).stdout  # fmt: skip
    monkeypatch.setattr(sys, "path", [str(ROOT), *json.loads(shown)])  # as with `python -m`
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("KEY_OF_THE_SERVER", "secret")
    environment = {"PATH": os.defpath, "PYTHONPATH": "/one:/two", "LC_CTYPE": "C.UTF-8"}
    process = start(SHOW, "a", "b c", env=environment, start_new_session=True)
    process.stdin.write("given")
    process.stdin.close()

    interpreter = subprocess.run(
        process.args,
        cwd=tmp_path, env=environment, start_new_session=True,
        input="given", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.load(process.stdout) == json.loads(interpreter.stdout)


@pytest.mark.parametrize(
    ("text", "code", "error"),
    [
        ("", 0, ""),
        ("raise SystemExit", 0, ""),
        ("raise SystemExit(3)", 3, ""),
        ("raise SystemExit('no video')", 1, "no video"),
        ("raise ValueError('no video')", 1, "ValueError: no video"),
        ("import os; os._exit(143)", 143, ""),
        ("import os; os.kill(os.getpid(), 9)", -signal.SIGKILL, ""),
        ("import os; os.abort()", -signal.SIGABRT, ""),
        ("import no_such_module", 1, "ModuleNotFoundError: No module named 'no_such_module'"),
    ],
)
def test_exit_codes_and_errors_are_those_of_an_interpreter(
    start: Start, text: str, code: int, error: str
) -> None:
    process = start(text)

    assert process.stderr.read().strip().rpartition("\n")[2] == error
    assert (process.wait(PATIENCE_SECONDS), process.poll()) == (code, code)
    process.terminate()  # an ended process, as with Popen


def test_a_thread_that_still_runs_is_waited_for(start: Start) -> None:
    process = start(
        "import threading, time\n"
        "threading.Thread(target=lambda: (time.sleep(0.2), print('done'))).start()"
    )

    assert process.stdout.read() == "done\n"


def test_lines_come_in_the_order_in_which_they_are_written(start: Start) -> None:
    process = start(
        "import sys\nfor n in range(100): print(n, file=(sys.stdout, sys.stderr)[n % 2])",
        stderr=subprocess.STDOUT,
        text=False,
    )

    assert [int(line) for line in process.stdout] == list(range(100))


def test_each_line_is_answered_at_once(start: Start) -> None:
    process = start("import sys\nfor line in sys.stdin: print(line.upper(), end='')", bufsize=1)

    for word in ("one", "two"):
        process.stdin.write(f"{word}\n")
        assert process.stdout.readline() == f"{word.upper()}\n"
    assert process.poll() is None
    process.stdin.close()
    assert process.wait(PATIENCE_SECONDS) == 0


def test_without_input_there_is_nothing_to_read(start: Start) -> None:
    process = start("print(repr(open(0).read()))", stdin=subprocess.DEVNULL)

    assert process.stdout.read() == "''\n"


def test_signals_reach_the_script(start: Start) -> None:
    process = start(
        "import signal, sys\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))\n"
        "print('ready')\nsignal.pause()"
    )
    assert process.stdout.readline() == "ready\n"
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)

    process.terminate()

    assert process.wait(PATIENCE_SECONDS) == 143


def test_a_session_ends_with_its_group(start: Start) -> None:
    process = start(
        "import signal, subprocess\nprint(subprocess.Popen(['sleep', '600']).pid)\nsignal.pause()",
        start_new_session=True,
    )
    child = int(process.stdout.readline())

    os.killpg(process.pid, signal.SIGKILL)

    assert process.wait(PATIENCE_SECONDS) == -signal.SIGKILL
    assert process.stdout.read() == ""  # the child had it open too
    assert not Path(f"/proc/{child}/exe").exists()


def test_many_processes_at_once_keep_their_exit_codes_and_leave_no_file_open(start: Start) -> None:
    text = "import sys, time; time.sleep(0.1); print(sys.argv[1]); sys.exit(int(sys.argv[1]))"
    before = _open_files()

    def run(number: int) -> tuple[str, int]:
        process = start(text, str(number))
        while process.poll() is None:
            time.sleep(0.001)
        with process.stdin, process.stdout, process.stderr:
            return process.stdout.read().strip(), process.wait()

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(run, range(32)))

    assert answers == [(str(number), number) for number in range(32)]
    start("").wait()  # multiprocessing forgets ended processes when it starts the next one
    assert _open_files() <= before + 8


SERVER = """
import subprocess, sys
from cdk_app.local.ministack import forked

forked.PACKAGES = ("numpy", "no_such_package")
forked.import_in_background()
pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
process = forked.popen([sys.executable, sys.argv[1]], env={}, cwd="/", text=True, **pipes)
print(process.stdout.read(), process.stderr.read())
"""
SCRIPT = """
import json, os, sys
had = "numpy" in sys.modules
threads = len(os.listdir("/proc/self/task"))
import numpy
product = float((numpy.ones((300, 300)) @ numpy.ones((300, 300)))[0, 0])
ours = [name for name in sys.modules if name.partition(".")[0] in ("lifestream", "steps")]
print(json.dumps({"had": had, "threads": threads, "product": product, "ours": ours}))
"""


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_long_temporary_folder_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The path of a socket has at most 107 characters."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("x" * 100)))
    script = tmp_path / "script.py"
    script.write_text("print('here')")

    process = popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)

    assert process.stdout
    assert process.stdout.read() == "here\n"


def test_a_fork_has_the_packages_and_no_thread_of_theirs(tmp_path: Path) -> None:
    """NumPy's BLAS starts a thread for each core, and a fork has only the thread that forked."""
    program = tmp_path / "server" / "__main__.py"
    program.parent.mkdir()
    program.write_text(SERVER)
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)

    shown = subprocess.run(
        [sys.executable, "-m", "server", str(script)],
        cwd=tmp_path, capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "4", "PATH": os.defpath},
    )  # fmt: skip

    assert json.loads(shown.stdout) == {"had": True, "threads": 1, "product": 300.0, "ours": []}
