"""A decoder that was taken over gets nothing on Lambda, where prctl is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from cdk_app.bundling import Requirements
from lambda_runtime.conftest import Unpacked
from lambda_runtime.machine import Machine

TAKEN_OVER = Path(__file__).parent.parent / "unit" / "taken_over.py"
KEYS = {"OPENAI_API_KEY": "sk-canary", "AWS_SECRET_ACCESS_KEY": "aws-canary"}
PARENT = """
import ctypes, json, sys
from lifestream.domain.job import Frozen
from lifestream.media import sandbox

class Loot(Frozen):
    gained: str | None = None
    refused: str | None = None

def no_bytes(offset, size):
    return b""

request, *names = json.loads(sys.argv[1])
sandbox.DECODER = "taken_over"
if "prctl" in request["without"]:
    sandbox.hide_memory = lambda: False
canary = ctypes.create_string_buffer(b"sk-canary-in-memory")
request |= {"address": ctypes.addressof(canary), "length": 19, "victim": sys.argv[2]}
print(json.dumps({
    name: sandbox.run_decoder(request | {"attack": name}, no_bytes, Loot).model_dump()
    for name in names
}))
"""
OPENING = (
    "parents_environment", "parents_memory_file", "others_environments", "connect",
    "write_elsewhere", "fork", "clone", "start_thread", "raise_limits", "become_another_user",
)  # fmt: skip
MEMORY = ("parents_memory", "attach_to_parent")
BY_SECCOMP = ("execute", "delete", "make_folder", "signal_parent", "use_io_uring")


@pytest.fixture(scope="module")
def task(machine: Machine, unpacked: Unpacked, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the functions' zip, and add the attacks."""
    folder = tmp_path_factory.mktemp("task") / "taken_over"
    shutil.copytree(unpacked(Requirements.MEDIA, machine.language.target), folder)
    shutil.copy(TAKEN_OVER, folder)
    return folder


@pytest.mark.parametrize(
    ("without", "attacks"),
    [
        ((), OPENING + MEMORY + BY_SECCOMP),
        (("seccomp",), OPENING + MEMORY),
        (("prctl", "no_new_privileges", "seccomp"), OPENING),
    ],
    ids=["all safeguards", "no seccomp", "no prctl"],
)
def test_a_decoder_that_was_taken_over_reaches_nothing(
    machine: Machine, task: Path, without: tuple[str, ...], attacks: tuple[str, ...]
) -> None:
    request = {
        "limits": {"memory_bytes": 1 << 30, "cpu_seconds": 60, "file_bytes": 1 << 20},
        "size": 0,
        "output": None,
        "port": 9,
        "elsewhere": "/tmp/elsewhere",  # noqa: S108  # Lambda's
        "without": without,
    }
    arguments = ["-c", PARENT, json.dumps([request, *attacks]), "/var/task/taken_over.py"]
    paths = machine.paths(task)
    environment = {
        "LD_LIBRARY_PATH": f"{paths.lang}/lib",
        "PYTHONPATH": paths.task,
        "PATH": "/usr/bin:/bin",
        **KEYS,
    }

    done = subprocess.run(
        machine.command(task, tmp_megabytes=7, arguments=arguments),
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    loot = json.loads(done.stdout.splitlines()[-1])
    assert set(loot) == set(attacks)
    assert {name: found["gained"] for name, found in loot.items() if found["gained"]} == {}
