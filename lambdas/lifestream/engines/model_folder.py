"""A model's folder in, the assurance that it is whole out.

Weights are code and data from elsewhere: where the folder has a SHA256SUMS (as `sha256sum`
writes it, and `lifestream models`), every file is compared with it before it is loaded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from lifestream.errors import ModelAlteredError, ModelMissingError

SUMS = "SHA256SUMS"


def verified(folder: Path, *needed: str) -> Path:
    """Raises ModelMissingError, ModelAlteredError."""
    listed = dict(_listed(folder))
    for name in (*needed, *listed):
        if not (folder / name).is_file():
            raise ModelMissingError(f"no model in {folder}: {name} is missing")
    for name, digest in listed.items():
        if sha256(folder / name) != digest:
            raise ModelAlteredError(f"{folder / name} is not the file that {SUMS} names")
    return folder


def write_sums(folder: Path) -> None:
    files = sorted(
        p for p in folder.rglob("*") if p.is_file() and p.name != SUMS and ".cache" not in p.parts
    )
    lines = [f"{sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files]
    (folder / SUMS).write_text("".join(lines))


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _listed(folder: Path) -> Iterator[tuple[str, str]]:
    sums = folder / SUMS
    for line in sums.read_text().splitlines() if sums.is_file() else ():
        digest, _, name = line.partition("  ")
        yield name, digest
