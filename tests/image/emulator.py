"""Run programs of another architecture: register an emulator with the kernel for a while."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from image.asset import ROOT, ImageAsset

EMULATORS = ROOT / ".lifestream" / "image" / "emulators"
"""Debian trixie's. qemu 7 shows ARM programs the /proc/cpuinfo of x86, and onnxruntime crashes."""
BINFMT = Path("/proc/sys/fs/binfmt_misc")
# How a program begins: ELF, 64 bits, little-endian, executable (2) or library (3), its machine.
ELF_MACHINES = {"aarch64": r"\xb7", "x86_64": r"\x3e"}
MAGIC = r"\x7fELF\x02\x01\x01" + r"\x00" * 9 + r"\x02\x00{machine}\x00"
MASK = r"\xff" * 7 + r"\x00" + r"\xff" * 8 + r"\xfe\xff\xff\xff"


def can_register() -> bool:
    if not (BINFMT / "register").exists():
        mount = ["/usr/bin/mount", "-t", "binfmt_misc", "binfmt_misc", str(BINFMT)]
        subprocess.run(mount, check=False, capture_output=True)
    return (BINFMT / "register").exists()


@contextmanager
def registered(asset: ImageAsset) -> Iterator[None]:
    """Register our emulator before the machine's own. The flag `F` makes it work in a chroot."""
    if not asset.is_emulated:
        yield
        return
    name = f"lifestream-{asset.machine}"
    magic = MAGIC.format(machine=ELF_MACHINES[asset.machine])
    unregister(name)
    (BINFMT / "register").write_text(
        f":{name}:M::{magic}:{MASK}:{EMULATORS / f'qemu-{asset.machine}'}:F"
    )
    try:
        yield
    finally:
        unregister(name)


def unregister(name: str) -> None:
    if (BINFMT / name).exists():
        (BINFMT / name).write_text("-1")
