"""A confined process has only the abilities that it needs, according to the kernel."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import subprocess
import sys

import pytest

from lifestream.media import confinement
from lifestream.media.system_calls import (
    ALLOW,
    ARCHITECTURE_OFFSET,
    ARCHITECTURES,
    JUMP_IF_EQUAL,
    LOAD_WORD,
    REFUSE,
    Architecture,
    instructions,
)

pytestmark = pytest.mark.attack

X32 = 0x40000000


def answer_to(architecture: Architecture, *, audit: int, number: int) -> int:
    """Interpret the filter and return the kernel's action for a system call."""
    made, at, loaded = instructions(architecture), 0, 0
    while True:
        step = made[at]
        at += 1
        if step.code == LOAD_WORD:
            loaded = audit if step.value == ARCHITECTURE_OFFSET else number
        elif step.code == JUMP_IF_EQUAL:
            at += step.if_true if loaded == step.value else step.if_false
        else:
            return int(step.value)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_filter_allows_only_the_listed_calls(name: str) -> None:
    architecture = ARCHITECTURES[name]
    numbers = {*range(600), *range(X32, X32 + 600)}

    allowed = {
        number
        for number in numbers
        if answer_to(architecture, audit=architecture.audit, number=number) == ALLOW
    }

    assert allowed == set(architecture.allowed.values())


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_filter_refuses_the_calls_of_another_architecture(name: str) -> None:
    architecture = ARCHITECTURES[name]

    answers = {answer_to(architecture, audit=0x40000003, number=n) for n in range(600)}

    assert answers == {REFUSE}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_numbers_are_those_that_libseccomp_knows(name: str) -> None:
    try:
        resolve = ctypes.CDLL("libseccomp.so.2").seccomp_syscall_resolve_name_arch
    except OSError:
        pytest.skip("libseccomp is not installed")
    resolve.argtypes = [ctypes.c_uint32, ctypes.c_char_p]
    architecture = ARCHITECTURES[name]

    theirs = {call: resolve(architecture.audit, call.encode()) for call in architecture.allowed}

    assert theirs == architecture.allowed
    assert resolve(architecture.audit, b"seccomp") == architecture.install


CONFINED = """
import ctypes, json
from lifestream.media import confinement
from pathlib import Path
status = open("/proc/self/status")
output = open(1, "w", closefd=False)
import os, sys
kept = os.dup(1)
refused = confinement.confine()
lines = dict(line.split(":", 1) for line in status.read().splitlines())
status = {name: lines[name].strip() for name in ("CapEff", "CapPrm", "NoNewPrivs", "Seccomp")}
os.write(kept, json.dumps({"refused": refused, **status}).encode())
"""


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ARCHITECTURES, reason="no seccomp here"
)
def test_the_kernel_says_that_the_process_is_confined() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CONFINED], capture_output=True, text=True, check=False
    )

    assert done.stdout == (
        '{"refused": [], "CapEff": "0000000000000000", "CapPrm": "0000000000000000", '
        '"NoNewPrivs": "1", "Seccomp": "2"}'
    ), done.stderr


def test_missing_safeguards_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """macOS has no prctl, no seccomp and no limit of the address space."""

    class OtherLibrary:
        """A C library that lacks a function of Linux."""

    def refuse(*_: object) -> None:
        raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(ctypes, "CDLL", lambda _: OtherLibrary())
    monkeypatch.setattr(resource, "setrlimit", refuse)
    monkeypatch.setattr(confinement, "_silence", lambda: None)

    assert not confinement.hide_memory()
    assert "RLIMIT_AS" in confinement.limit_resources(memory_bytes=1, cpu_seconds=1, file_bytes=1)
    assert {"no_new_privileges", "capabilities", "seccomp"} <= set(confinement.confine())


def test_lower_limits_of_the_host_are_kept() -> None:
    """Only root can raise a hard limit, and a Lambda function is not root."""
    limited = """
import os, resource
from lifestream.media.confinement import limit_resources
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
os.getuid() or os.setuid(65534)
assert not limit_resources(memory_bytes=1 << 30, cpu_seconds=870, file_bytes=1 << 20)
print(resource.getrlimit(resource.RLIMIT_CPU), resource.getrlimit(resource.RLIMIT_FSIZE))
"""

    done = subprocess.run(
        [sys.executable, "-c", limited], capture_output=True, text=True, check=False
    )

    assert done.stdout == "(60, 60) (1048576, 1048576)\n", done.stderr


def test_a_refused_system_call_is_an_error_and_no_crash() -> None:
    assert REFUSE & 0xFFFF == errno.EPERM
    assert os.strerror(REFUSE & 0xFFFF)
