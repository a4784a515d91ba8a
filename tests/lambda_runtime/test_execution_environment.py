"""The execution environment is like Lambda's, as the other tests assume."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lambda_runtime.machine import Machine

PROBE = """
import json, multiprocessing, os, resource, shutil, sys

def outcome(work):
    try:
        return repr(work())
    except OSError as error:
        return type(error).__name__

def write(folder):
    with open(os.path.join(folder, "file"), "w") as file:
        return file.write("x")

print(json.dumps({
    "variables": sorted(os.environ),
    "devices": sorted(os.listdir("/dev")),
    "writes": {folder: outcome(lambda: write(folder)) for folder in
               ("/", "/var/task", "/var/lang", "/var/runtime", "/dev", "/etc", "/tmp")},
    "tmp_bytes": shutil.disk_usage("/tmp").total,
    "semaphore": outcome(multiprocessing.Lock),
    "home": os.path.expanduser("~"),
    "open_files": resource.getrlimit(resource.RLIMIT_NOFILE),
    "processes": [pid for pid in os.listdir("/proc") if pid.isdigit()],
}))
"""


@pytest.fixture(scope="module")
def seen(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what Python reports in an execution environment with a /tmp of 7 MB."""
    if machine.missing:
        pytest.skip(f"no namespaces here: {machine.missing}")
    task = tmp_path_factory.mktemp("task")
    command = machine.command(task, tmp_megabytes=7, arguments=["-c", PROBE])
    environment = {"LD_LIBRARY_PATH": "/var/lang/lib", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_python_finds_its_library_by_the_variable_only(machine: Machine) -> None:
    language = machine.language
    python = language.folder / "bin" / f"python{language.version}"

    with_variable = {"LD_LIBRARY_PATH": str(language.folder / "lib")}
    assert subprocess.run([python, "-c", ""], env=with_variable, check=False).returncode == 0
    alone = subprocess.run([python, "-c", ""], env={}, capture_output=True, text=True, check=False)
    assert alone.returncode == 127
    assert f"libpython{language.version}" in alone.stderr


def test_only_tmp_can_be_written(seen: dict[str, Any]) -> None:
    writes = seen["writes"]

    assert writes.pop("/tmp") == "1"  # noqa: S108  # Lambda's
    assert set(writes.values()) <= {"OSError", "PermissionError"}


def test_tmp_has_the_size_of_the_function(seen: dict[str, Any]) -> None:
    assert seen["tmp_bytes"] == 7 << 20


def test_there_is_no_shared_memory(seen: dict[str, Any]) -> None:
    assert "shm" not in seen["devices"]
    assert seen["semaphore"] in {"FileNotFoundError", "OSError"}


def test_there_is_no_home_and_no_other_process(seen: dict[str, Any]) -> None:
    assert "HOME" not in seen["variables"]
    assert not Path(seen["home"]).exists()
    assert seen["processes"] == ["1"]
    assert max(seen["open_files"]) == 1024
    assert set(seen["variables"]) <= {"LC_CTYPE", "LD_LIBRARY_PATH", "PATH", "PWD"}
