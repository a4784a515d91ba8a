"""Build and run an image with buildah: no daemon, no registry, a stand-in as the base image."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from image.asset import MACHINES, ROOT, ImageAsset

CACHE = ROOT / ".lifestream" / "image"
BUILD_LOG = CACHE / "build.log"
IMAGE = "localhost/transcribe-speech"
BINFMT = Path("/proc/sys/fs/binfmt_misc")
# pip's configuration and the certificates that this machine needs for its package index. They are
# mounted while the image is built, and are not in it.
PIP_NEEDS = ("/etc/pip.conf", "/etc/ssl/certs")


def reason_not_to_build(asset: ImageAsset) -> str | None:
    """Install what is missing. Return why buildah cannot build the image here, or None."""
    if os.geteuid() != 0 or shutil.which("/usr/bin/apt-get") is None:
        return "buildah and debootstrap need root on Debian"
    packages = ["buildah", "debootstrap", *(["qemu-user-static"] if asset.is_emulated else [])]
    programs = ["buildah", "debootstrap", *([emulator(asset)] if asset.is_emulated else [])]
    if not all(map(shutil.which, programs)) and not installed(packages):
        return f"apt-get could not install {', '.join(packages)}"
    if asset.is_emulated and not can_emulate(asset):
        return f"the kernel does not let {emulator(asset)} run programs for {asset.architecture}"
    return None


def installed(packages: Sequence[str]) -> bool:
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        apt = ["/usr/bin/apt-get", "-qq", *command]
        run = subprocess.run(apt, capture_output=True, check=False)
        if run.returncode:
            return False
    return True


def emulator(asset: ImageAsset) -> str:
    return f"qemu-{MACHINES[asset.architecture]}-static"


def can_emulate(asset: ImageAsset) -> bool:
    """Register the emulator with the kernel unless systemd has done it."""
    name = f"qemu-{MACHINES[asset.architecture]}"
    if not (BINFMT / "register").exists():
        mount = ["mount", "-t", "binfmt_misc", "binfmt_misc", str(BINFMT)]
        subprocess.run(mount, check=False, capture_output=True)
    if not (BINFMT / name).exists():
        try:
            (BINFMT / "register").write_text(Path(f"/usr/lib/binfmt.d/{name}.conf").read_text())
        except OSError:
            return False
    return True


def build(asset: ImageAsset) -> None:
    """Build the asset's own Dockerfile; only the names of its base images are replaced.

    buildah 1.28 forgets the target's platform after `FROM --platform`, so each stage gets the
    stand-in of its architecture by name.
    """
    here = next(ours for ours, theirs in MACHINES.items() if theirs == platform.machine())
    for architecture in {here, asset.architecture}:
        make_stand_in(architecture)
    instructions = asset.dockerfile.read_text()
    for base, architecture in {
        "FROM --platform=$BUILDPLATFORM ${PYTHON}": here,
        "FROM ${PYTHON}": asset.architecture,
    }.items():
        assert base in instructions, f"the Dockerfile has no {base!r}"
        instructions = instructions.replace(base, f"FROM {stand_in(architecture)}")
    dockerfile = CACHE / "Dockerfile"
    dockerfile.write_text(instructions)
    _build_from(dockerfile, asset)


def _build_from(dockerfile: Path, asset: ImageAsset) -> None:
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
        sys.exit("".join(BUILD_LOG.read_text().splitlines(keepends=True)[-30:]))


def make_stand_in(architecture: str) -> None:
    """Once: about 40 seconds."""
    name, root = stand_in(architecture), CACHE / f"stand-in-{architecture}"
    if buildah_says("images", "--quiet", "--filter", f"reference={name}"):
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    subprocess.run([ROOT / "tests/image/stand_in.sh", architecture, root], check=True)
    container = buildah_says("from", "--arch", architecture, "scratch")
    buildah_says("add", "--quiet", container, str(root), "/")
    path = "PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
    buildah_says("config", "--arch", architecture, "--env", path, container)
    buildah_says("commit", "--quiet", "--rm", container, name)
    shutil.rmtree(root)


def stand_in(architecture: str) -> str:
    return f"localhost/python-{architecture}"


def size_bytes() -> int:
    """What the image takes on a host's disk, all layers unpacked."""
    container = buildah_says("from", "--pull-never", IMAGE)
    try:
        root = buildah_says("mount", container)
        used = subprocess.run(
            ["/usr/bin/du", "-sxb", root], check=True, capture_output=True, text=True
        )
        return int(used.stdout.split()[0])
    finally:
        buildah_says("rm", container)


def run_in_image(
    command: Sequence[str], environment: dict[str, str], volumes: dict[Path, str]
) -> int:
    """Run as the image's user, and return the exit code."""
    container = buildah_says("from", "--pull-never", IMAGE)
    options = [f"--env={name}={value}" for name, value in environment.items()]
    options += [f"--volume={source}:{target}:ro" for source, target in volumes.items()]
    try:
        return buildah("run", *options, container, "--", *command, check=False)
    finally:
        buildah_says("rm", container)


def buildah(*arguments: str, check: bool = True) -> int:
    return subprocess.run(_command(*arguments), check=check, env=_environment()).returncode


def buildah_says(*arguments: str) -> str:
    run = subprocess.run(
        _command(*arguments), check=True, env=_environment(), stdout=subprocess.PIPE, text=True
    )
    return run.stdout.strip()


def _command(*arguments: str) -> list[str]:
    store = ["--root", str(CACHE / "store"), "--runroot", str(CACHE / "run")]
    return ["buildah", *store, "--storage-driver", "vfs", *arguments]


def _environment() -> dict[str, str]:
    return os.environ | {"BUILDAH_ISOLATION": "chroot"}
