"""Take away from a process what it does not need, before it reads untrusted data.

Each safeguard stands on its own, because a system may refuse some: AWS Lambda refuses prctl
(https://github.com/catboost/catboost/issues/1606, https://github.com/openai/codex/issues/4725),
macOS has neither prctl nor seccomp. The names of refused safeguards are returned.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import sys
from collections.abc import Callable

from lifestream.media.system_calls import ARCHITECTURES, program

PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38
SET_MODE_FILTER = 1
CAPABILITY_VERSION_3 = 0x20080522
CPU_GRACE_SECONDS = 5


def hide_memory() -> bool:
    """Stop other processes of the same user from reading this one's memory and environment.

    Root still can, unless it has given up its capabilities. Return False if the system refused.
    """
    return _prctl(PR_SET_DUMPABLE, 0)


def limit_resources(*, memory_bytes: int, cpu_seconds: int, file_bytes: int) -> list[str]:
    """Return the limits that the system refused. A process over its CPU time gets SIGXCPU."""
    limits = {
        "RLIMIT_AS": (memory_bytes, memory_bytes),
        "RLIMIT_CPU": (cpu_seconds, cpu_seconds + CPU_GRACE_SECONDS),
        "RLIMIT_FSIZE": (file_bytes, file_bytes),
        "RLIMIT_CORE": (0, 0),
    }
    return [name for name, limit in limits.items() if not _limit(name, *limit)]


def confine() -> list[str]:
    """Return the safeguards that the system refused.

    Afterwards the process can compute, and read and write what it has open already. It cannot open
    files or sockets, or start processes.
    """
    _silence()
    safeguards = {
        "no_new_privileges": forbid_new_privileges,
        "RLIMIT_NOFILE": forbid_opening,
        "RLIMIT_NPROC": forbid_processes,
        "capabilities": drop_capabilities,
        "seccomp": filter_system_calls,
    }
    return [name for name, is_taken in safeguards.items() if not is_taken()]


def forbid_new_privileges() -> bool:
    return _prctl(PR_SET_NO_NEW_PRIVS, 1)


def forbid_opening() -> bool:
    """Allow no new file descriptors. Those that are open stay."""
    return _limit("RLIMIT_NOFILE", 0, 0)


def forbid_processes() -> bool:
    """Allow no new processes and threads. Root is exempt."""
    return _limit("RLIMIT_NPROC", 0, 0)


def drop_capabilities() -> bool:
    """Give up capabilities. Root without them cannot raise a limit or read what others own."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    return _is_done(lambda libc: libc.capset(header, (ctypes.c_uint32 * 6)()))


def filter_system_calls() -> bool:
    architecture = ARCHITECTURES.get(platform.machine())
    if architecture is None or sys.platform != "linux":
        return False
    filtered = program(architecture)
    return _is_done(
        lambda libc: libc.syscall(
            ctypes.c_long(architecture.install),
            ctypes.c_long(SET_MODE_FILTER),
            ctypes.c_long(0),
            ctypes.byref(filtered),
        )
    )


def _silence() -> None:
    """Connect standard input and output to nothing, so that nothing can be written to the log."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nowhere, descriptor)
    if nowhere > 2:  # noqa: PLR2004  # the three standard streams
        os.close(nowhere)


def _limit(name: str, soft: int, hard: int) -> bool:
    """Set a limit. A lower hard limit stays, because only root may raise it."""
    kind = getattr(resource, name)
    _, present = resource.getrlimit(kind)
    allowed = hard if present == resource.RLIM_INFINITY else min(hard, present)
    try:
        resource.setrlimit(kind, (min(soft, allowed), allowed))
    except (OSError, ValueError):  # macOS has no limit of the address space
        return False
    return True


def _prctl(option: int, value: int) -> bool:
    arguments = [ctypes.c_ulong(number) for number in (value, 0, 0, 0)]
    return _is_done(lambda libc: libc.prctl(option, *arguments))


def _is_done(call: Callable[[ctypes.CDLL], int]) -> bool:
    try:
        return call(ctypes.CDLL(None)) == 0
    except AttributeError:  # the C library of another system
        return False
