"""Replay the Dockerfile in a clean virtual environment, for machines that cannot build images."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from cdk_app.local.dockerfile import _instructions, read_dockerfile
from image.asset import ImageAsset
from image.buildah import CACHE

PYTHON = "3.13"
REPLAY = CACHE / "replay"


def replay(asset: ImageAsset) -> int:
    """Install the lock as the Dockerfile does, and run its check if this machine can."""
    venv = _clean_environment()
    packages = venv / f"lib/python{PYTHON}/site-packages"
    _install(asset, venv, packages)
    size = sum(path.lstat().st_size for path in packages.rglob("*"))
    sys.stdout.write(f"packages: {size / 1e9:.2f} GB unpacked, for {asset.architecture}\n")
    if asset.is_emulated:
        sys.stdout.write(f"not run: this machine runs no programs for {asset.architecture}\n")
        return 0
    start = read_dockerfile(asset.dockerfile, asset.context)
    environment = {
        name: value.replace("/usr/local", str(venv)) for name, value in start.environment.items()
    }
    command = [*start.entrypoint[1:], "--check", "--without-models"]
    return subprocess.run(
        [venv / "bin/python", *command],
        cwd=asset.context,
        env=environment | {"SPEECH_DEVICE": "cpu", "HOME": str(REPLAY), "PATH": os.environ["PATH"]},
        check=False,
    ).returncode


def _clean_environment() -> Path:
    shutil.rmtree(REPLAY, ignore_errors=True)
    venv = REPLAY / "venv"
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "--quiet", "--seed", "--python", PYTHON, venv], check=True)
    return venv


def _install(asset: ImageAsset, venv: Path, packages: Path) -> None:
    """Run the Dockerfile's own `RUN … pip install …`, with its target in the environment."""
    [install] = (
        arguments
        for name, arguments in _instructions(asset.dockerfile.read_text())
        if name == "RUN" and "pip install" in arguments
    )
    lock = asset.dockerfile.with_name(f"requirements-{asset.build_args['VARIANT']}.txt")
    shutil.copy(lock, REPLAY / "requirements.txt")
    subprocess.run(
        ["/bin/sh", "-euc", install.replace("/packages", str(packages))],
        cwd=REPLAY,
        env=os.environ
        | {"TARGETARCH": asset.architecture, "PATH": f"{venv / 'bin'}:{os.environ['PATH']}"},
        check=True,
    )
