"""Every installed package is locked with hashes, and every install checks them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
WITHOUT_HASHES = {
    "tests/speech/requirements-torch.txt": "each build of torch, with CUDA and without, has its own"
}
ENVIRONMENTS = tuple(
    f"{folder}/.ready"
    for folder in (".venv", ".venv-speech", ".venv-peers", ".venv-fuzz", ".venv-checkov")
)
LOCAL = "--no-deps --editable . --editable ./cdk_app"
"""Installs our own two packages and nothing else."""


def tracked(pattern: str) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(path for path in listed.stdout.split() if re.search(pattern, path))


LOCKS = tracked(r"(^|/)requirements[^/]*\.txt$|/requirements/[^/]+\.txt$")


def test_every_install_has_a_lock() -> None:
    assert len(LOCKS) >= 13
    assert set(WITHOUT_HASHES) < set(LOCKS)


@pytest.mark.parametrize("lock", [lock for lock in LOCKS if lock not in WITHOUT_HASHES])
def test_every_package_is_pinned_with_hashes(lock: str) -> None:
    packages = re.split(r"\n(?=\S)", (ROOT / lock).read_text().strip())

    assert packages != [""]
    pinned = re.compile(
        r"[\w.-]+(\[[\w,-]+\])?==\S+( ;[^\\]+)?( \\\n +--hash=sha256:[0-9a-f]{64})+"
    )
    assert [package for package in packages if not pinned.fullmatch(package)] == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_environment_is_installed_from_locks(environment: str) -> None:
    """The commands are those of make, with its variables expanded."""
    made = subprocess.run(
        ["make", "--dry-run", "--always-make", environment],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    installs = re.findall(r"^.*\bpip (?:install|sync)\b.*$", made.stdout, re.MULTILINE)

    assert installs
    assert [install for install in installs if not is_checked(install)] == []


def is_checked(install: str) -> bool:
    files = [word for word in install.split() if word.endswith(".txt")]
    if install.endswith(LOCAL):
        return True
    return bool(files) and (
        "--require-hashes" in install or all(file in WITHOUT_HASHES for file in files)
    )


@pytest.mark.parametrize("path", tracked(r"(^|/)Dockerfile|\.sh$|^\.ci/"))
def test_every_script_that_installs_checks_hashes(path: str) -> None:
    script = re.sub(r"\\\n", " ", (ROOT / path).read_text())

    installs = re.findall(r"^[^#\n]*\bpip3? (?:install|sync)\b.*$", script, re.MULTILINE)
    assert [install for install in installs if "--require-hashes" not in install] == []


@pytest.mark.parametrize("path", ["cdk_app/bundling.py", "tests/lambda_runtime/language.py"])
def test_installs_from_python_check_hashes_too(path: str) -> None:
    assert '"pip", "install"' in (ROOT / path).read_text()
    assert '"--require-hashes"' in (ROOT / path).read_text()
