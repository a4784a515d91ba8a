"""A decoder process that a video has taken over: attacks run instead of decoding.

The sandbox starts it instead of the decoder. In the request, `attack` names the attack, and
`without` names safeguards that are left out, as if the system had refused them.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import platform
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from lifestream.media import confinement, decoder
from lifestream.media.remote_file import RemoteFile

Request = dict[str, Any]
PTRACE_SEIZE = 0x4206
"""PTRACE_SEIZE attaches without stopping the parent."""
CALLS = {
    "x86_64": {"process_vm_readv": 310, "tgkill": 234, "clone": 56, "io_uring_setup": 425},
    "aarch64": {"process_vm_readv": 270, "tgkill": 131, "clone": 220, "io_uring_setup": 425},
}
SAFEGUARDS = {
    "RLIMIT_NOFILE": "forbid_opening",
    "seccomp": "filter_system_calls",
    "no_new_privileges": "forbid_new_privileges",
    "capabilities": "drop_capabilities",
}
libc = ctypes.CDLL(None, use_errno=True)


def system_call(name: str, *arguments: Any) -> int:
    number = CALLS[platform.machine()][name]
    return checked(libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments)))


def checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result


def read(path: str) -> str:
    with open(path, "rb") as file:  # noqa: PTH123  # pathlib needs more system calls
        return file.read(1_000).decode(errors="replace")


def parents_environment(_: Request) -> str:
    return read(f"/proc/{os.getppid()}/environ")


def parents_memory_file(request: Request) -> str:
    with open(f"/proc/{os.getppid()}/mem", "rb", buffering=0) as memory:  # noqa: PTH123
        memory.seek(request["address"])
        return memory.read(request["length"]).decode()


def parents_memory(request: Request) -> str:
    copy = ctypes.create_string_buffer(request["length"])
    local = (ctypes.c_size_t * 2)(ctypes.addressof(copy), request["length"])
    remote = (ctypes.c_size_t * 2)(request["address"], request["length"])
    pointers = [ctypes.addressof(local), 1, ctypes.addressof(remote), 1, 0]
    system_call("process_vm_readv", os.getppid(), *pointers)
    return copy.raw.decode()


def attach_to_parent(_: Request) -> str:
    arguments = [ctypes.c_long(number) for number in (PTRACE_SEIZE, os.getppid(), 0, 0)]
    return str(checked(libc.ptrace(*arguments)))


def others_environments(_: Request) -> str:
    processes = [name for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208
    return "".join(read(f"/proc/{name}/environ") for name in processes)


def connect(request: Request) -> str:
    with socket.socket() as peer:
        peer.connect(("127.0.0.1", request["port"]))
    return "connected"


def fork(_: Request) -> str:
    return _ended(os.fork())


def clone(_: Request) -> str:
    return _ended(system_call("clone", signal.SIGCHLD, 0, 0, 0, 0))


def _ended(child: int) -> str:
    if child == 0:
        os._exit(0)
    return "forked"


def start_thread(_: Request) -> str:
    threading.Thread(target=int).start()
    return "started"


def execute(_: Request) -> str:
    os.execv("/bin/sh", ["sh", "-c", "exit 7"])  # noqa: S606


def write_elsewhere(request: Request) -> str:
    with open(request["elsewhere"], "w") as file:  # noqa: PTH123
        return str(file.write("taken over"))


def delete(request: Request) -> str:
    os.unlink(request["victim"])  # noqa: PTH108
    return "deleted"


def make_folder(request: Request) -> str:
    os.mkdir(request["elsewhere"])  # noqa: PTH102
    return "made"


def signal_parent(_: Request) -> str:
    os.kill(os.getppid(), signal.SIGCONT)
    return "sent"


def signal_parents_thread(_: Request) -> str:
    return str(system_call("tgkill", os.getppid(), os.getppid(), signal.SIGCONT))


def raise_limits(_: Request) -> str:
    for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_AS, resource.RLIMIT_NPROC):
        resource.setrlimit(kind, (1_024, resource.RLIM_INFINITY))
    return "raised"


def become_another_user(_: Request) -> str:
    os.setuid(1_234)
    return "done"


def use_io_uring(_: Request) -> str:
    parameters = ctypes.create_string_buffer(120)
    return str(system_call("io_uring_setup", 1, ctypes.addressof(parameters)))


def write_to_the_log(_: Request) -> str:
    os.write(1, b"taken over")
    os.write(2, b"taken over")
    return "nowhere"


ATTACKS: dict[str, Callable[[Request], str]] = {
    attack.__name__: attack
    for attack in (
        parents_environment, parents_memory_file, parents_memory, attach_to_parent,
        others_environments, connect, fork, clone, start_thread, execute, write_elsewhere, delete,
        make_folder, signal_parent, signal_parents_thread, raise_limits, become_another_user,
        use_io_uring,
    )
}  # fmt: skip
MORE = {"write_to_the_log": write_to_the_log}


def attacked(request: Request, file: RemoteFile) -> dict[str, Any]:  # noqa: ARG001  # as the decoder's
    try:
        return {"gained": (ATTACKS | MORE)[request["attack"]](request)}
    except OSError as error:
        return {"refused": errno.errorcode[error.errno or 0]}
    except (RuntimeError, ValueError) as error:  # no thread can be started; no limit raised
        return {"refused": str(error)}


if __name__ == "__main__":
    decoder._work = attacked
    for name, function in SAFEGUARDS.items():
        if name in json.loads(sys.argv[2]).get("without", ()):
            setattr(confinement, function, lambda: False)
    decoder.main()
