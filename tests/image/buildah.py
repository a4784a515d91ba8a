"""Build and run an image with buildah: no daemon, no registry, a stand-in as the base image."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from image import emulator
from image.asset import MACHINES, ROOT, ImageAsset

CACHE = ROOT / ".lifestream" / "image"
BUILD_LOG = CACHE / "build.log"
IMAGE = "localhost/transcribe-speech"
HERE = next(name for name, machine in MACHINES.items() if machine == os.uname().machine)
PROGRAMS = ("buildah", "debootstrap")
# pip's configuration and the certificates that this machine needs for its package index. They are
# mounted while the image is built, and are not in it.
PIP_NEEDS = ("/etc/pip.conf", "/etc/ssl/certs")
PATH = "PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
GRAVITON_2 = "QEMU_CPU=neoverse-n1"
"""The oldest processor of ARM64 tasks; emulated seven times as fast as qemu's default."""


def reason_not_to_build(asset: ImageAsset) -> str | None:
    """Install what is missing. Return why buildah cannot build the image here, or None."""
    if os.geteuid() != 0 or shutil.which("/usr/bin/apt-get") is None:
        return "buildah and debootstrap need root on Debian"
    if not all(map(shutil.which, PROGRAMS)) and not installed(PROGRAMS):
        return f"apt-get could not install {' and '.join(PROGRAMS)}"
    if asset.is_emulated and not emulator.can_register():
        return f"the kernel runs no emulator for {asset.architecture}"
    return None


def installed(packages: Sequence[str]) -> bool:
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        apt = ["/usr/bin/apt-get", "-qq", *command]
        if subprocess.run(apt, capture_output=True, check=False).returncode:
            return False
    return True


def make_stand_in(architecture: str) -> None:
    """Make the stand-in, unless it exists. This takes about 40 seconds."""
    name, root = stand_in(architecture), CACHE / f"stand-in-{architecture}"
    if buildah_says("images", "--quiet", "--filter", f"reference={name}"):
        return
    emulator.EMULATORS.mkdir(parents=True, exist_ok=True)
    script = ROOT / "tests/image/stand_in.sh"
    subprocess.run([script, architecture, root, emulator.EMULATORS], check=True)
    environment = [PATH, *([GRAVITON_2] if architecture == "arm64" else [])]
    container = buildah_says("from", "--arch", architecture, "scratch")
    buildah_says("add", "--quiet", container, str(root), "/")
    buildah_says("config", *(f"--env={pair}" for pair in environment), container)
    buildah_says("commit", "--quiet", "--rm", container, name)
    shutil.rmtree(root)


def stand_in(architecture: str) -> str:
    return f"localhost/python-{architecture}"


def build(asset: ImageAsset) -> None:
    """Build the asset's own Dockerfile; only the names of its base images are replaced.

    buildah 1.28 forgets the target's platform after `FROM --platform`, so each stage gets the
    stand-in of its architecture by name.
    """
    dockerfile = CACHE / "Dockerfile"
    dockerfile.write_text(over_stand_ins(asset.dockerfile.read_text(), asset.architecture))
    arguments = asset.build_args | {"TARGETARCH": asset.architecture}
    command = _command(
        "bud",
        "--pull-never",
        "--format=docker",
        f"--tag={IMAGE}",
        f"--file={dockerfile}",
        *(f"--build-arg={name}={value}" for name, value in arguments.items()),
        *(f"--volume={path}:{path}:ro" for path in PIP_NEEDS if Path(path).exists()),
        str(asset.context),
    )
    with BUILD_LOG.open("w") as log:
        built = subprocess.run(
            command, check=False, env=_environment(), stdout=log, stderr=subprocess.STDOUT
        )
    if built.returncode:
        sys.exit("\n".join(BUILD_LOG.read_text().splitlines()[-30:]))


def over_stand_ins(instructions: str, architecture: str) -> str:
    bases = {
        "FROM --platform=$BUILDPLATFORM ${PYTHON}": stand_in(HERE),
        "FROM ${PYTHON}": stand_in(architecture),
    }
    for base, name in bases.items():
        if base not in instructions:
            sys.exit(f"the Dockerfile has no {base!r}: tests/image/buildah.py has to follow it")
        instructions = instructions.replace(base, f"FROM {name}")
    return instructions


def size_bytes(asset: ImageAsset) -> int:
    """Return the image's size on a host's disk, with all layers unpacked."""
    with container_of(asset) as container:
        usage = ["/usr/bin/du", "-sxb", buildah_says("mount", container)]
        return int(subprocess.run(usage, check=True, capture_output=True).stdout.split()[0])


def run_in_image(asset: ImageAsset, command: Sequence[str], *options: str) -> int:
    """Run as the image's user, and return the exit code."""
    with container_of(asset) as container:
        run = _command("run", *options, container, "--", *command)
        return subprocess.run(run, check=False, env=_environment()).returncode


@contextmanager
def container_of(asset: ImageAsset) -> Iterator[str]:
    container = buildah_says("from", "--pull-never", "--arch", asset.architecture, IMAGE)
    try:
        yield container
    finally:
        buildah_says("rm", container)


def buildah_says(*arguments: str) -> str:
    said = subprocess.run(
        _command(*arguments), check=True, env=_environment(), stdout=subprocess.PIPE, text=True
    )
    return said.stdout.strip()


def _command(*arguments: str) -> list[str]:
    store = ["--root", str(CACHE / "store"), "--runroot", str(CACHE / "run")]
    return ["buildah", *store, "--storage-driver", "vfs", *arguments]


def _environment() -> dict[str, str]:
    return os.environ | {"BUILDAH_ISOLATION": "chroot"}
