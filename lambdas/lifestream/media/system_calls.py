"""The seccomp filter of the decoder: the system calls that decoding needs.

It is an allow list, because a kernel gains system calls with every release, and a deny list would
leave them open. Every other call fails with EPERM, which is harmless if a library makes it without
need. No library does this here: libseccomp is part of neither Python nor the Lambda runtimes, and a
fixed list needs nothing of what it can do.

Sources: https://docs.kernel.org/userspace-api/seccomp_filter.html, struct seccomp_data in
linux/seccomp.h, arch/x86/entry/syscalls/syscall_64.tbl and asm-generic/unistd.h of Linux.
"""

from __future__ import annotations

import ctypes
import errno
from collections.abc import Mapping
from dataclasses import dataclass

LOAD_WORD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
NUMBER_OFFSET, ARCHITECTURE_OFFSET = 0, 4
ALLOW = 0x7FFF0000
REFUSE = 0x00050000 | errno.EPERM


@dataclass(frozen=True)
class Architecture:
    """`audit` names it to the kernel (linux/audit.h); `install` is the number of seccomp(2)."""

    audit: int
    install: int
    allowed: Mapping[str, int]


NAMES = (
    "read", "write", "writev", "close", "lseek",
    "mmap", "munmap", "mremap", "mprotect", "madvise", "brk",
    "futex", "sched_yield", "sched_getaffinity", "clock_gettime", "clock_nanosleep", "getrandom",
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall",
    "getpid", "gettid", "exit", "exit_group",
)  # fmt: skip
X86_64 = (0, 1, 20, 3, 8, 9, 11, 25, 10, 28, 12, 202, 24, 204, 228, 230, 318,
          13, 14, 15, 131, 219, 39, 186, 60, 231)  # fmt: skip
AARCH64 = (63, 64, 66, 57, 62, 222, 215, 216, 226, 233, 214, 98, 124, 123, 113, 115, 278,
           134, 135, 139, 132, 128, 172, 178, 93, 94)  # fmt: skip
ARCHITECTURES = {
    "x86_64": Architecture(0xC000003E, 317, dict(zip(NAMES, X86_64, strict=True))),
    "aarch64": Architecture(0xC00000B7, 277, dict(zip(NAMES, AARCH64, strict=True))),
}


class Instruction(ctypes.Structure):
    """struct sock_filter"""

    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class Program(ctypes.Structure):
    """struct sock_fprog"""

    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(Instruction)))


def instructions(architecture: Architecture) -> list[Instruction]:
    """Return the filter.

    Calls of another architecture are refused, because their numbers have other meanings.
    """
    numbers = list(architecture.allowed.values())
    return [
        Instruction(LOAD_WORD, 0, 0, ARCHITECTURE_OFFSET),
        Instruction(JUMP_IF_EQUAL, 1, 0, architecture.audit),
        Instruction(RETURN, 0, 0, REFUSE),
        Instruction(LOAD_WORD, 0, 0, NUMBER_OFFSET),
        *(
            Instruction(JUMP_IF_EQUAL, len(numbers) - position, 0, number)
            for position, number in enumerate(numbers)
        ),
        Instruction(RETURN, 0, 0, REFUSE),
        Instruction(RETURN, 0, 0, ALLOW),
    ]


def program(architecture: Architecture) -> Program:
    made = instructions(architecture)
    return Program(len(made), (Instruction * len(made))(*made))
