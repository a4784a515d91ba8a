"""Isolate a function: it sees /var/task and /var/lang read-only, /tmp, and little else.

This needs root or user namespaces. Without them, functions run in the original folders, and
`missing` says what is not tested.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lambda_runtime.language import Language

SCRIPT = Path(__file__).parent / "execution_environment.sh"
RUNTIME = Path(__file__).parent / "runtime"
NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
AS_FUNCTION_USER = "993:990"  # sbx_user1051


@dataclass(frozen=True)
class Paths:
    lang: str = "/var/lang"
    runtime: str = "/var/runtime"
    task: str = "/var/task"


@dataclass(frozen=True)
class Machine:
    """A machine. `missing`: why it cannot isolate functions; empty if it can."""

    language: Language
    root: Path
    namespaces: tuple[str, ...] = NAMESPACES
    user: str = AS_FUNCTION_USER
    missing: str = ""

    def paths(self, task: Path) -> Paths:
        if self.missing:
            return Paths(str(self.language.folder), str(RUNTIME), str(task))
        return Paths()

    def command(self, task: Path, *, tmp_megabytes: int, arguments: Sequence[str]) -> list[str]:
        """Return the command that runs Python in the function's execution environment."""
        python = f"{self.paths(task).lang}/bin/python{self.language.version}"
        if self.missing:
            return [python, *arguments]
        folders = (self.root, self.language.folder, RUNTIME, task)
        script = ["sh", str(SCRIPT), *map(str, folders), str(tmp_megabytes), self.user]
        return [*self.namespaces, *script, python, *arguments]


def this_machine(language: Language, root: Path) -> Machine:
    """Return how to isolate: as root if possible, else in a user namespace, else not at all."""
    as_root = Machine(language, root)
    as_user = replace(as_root, namespaces=(*NAMESPACES, "--user", "--map-root-user"), user="")
    reason = ""
    for machine in (as_root, as_user) if os.geteuid() == 0 else (as_user,):
        reason = _why_not(machine)
        if not reason:
            return machine
    return replace(as_root, missing=reason)


def _why_not(machine: Machine) -> str:
    with tempfile.TemporaryDirectory() as task:
        command = machine.command(Path(task), tmp_megabytes=1, arguments=["-c", ""])
        environment = {"LD_LIBRARY_PATH": "/var/lang/lib", "PATH": os.environ["PATH"]}
        try:
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False
            )
        except FileNotFoundError as error:
            return str(error)
    return "" if done.returncode == 0 else done.stderr.strip() or f"exit {done.returncode}"
