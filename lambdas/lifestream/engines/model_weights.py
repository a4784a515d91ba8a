"""Check the files of a model against their published checksums.

Weights are code and data from elsewhere. If the folder has a SHA256SUMS (as `sha256sum` and
`lifestream models` write it), every file is compared with it before it is loaded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from lifestream.errors import ModelAlteredError, ModelMissingError

SUMS = "SHA256SUMS"


def verified(folder: Path, *needed: str) -> Path:
    """Return the folder if it is complete. Raises ModelMissingError, ModelAlteredError."""
    sums = folder / SUMS
    published = dict(listed(sums.read_text())) if sums.is_file() else {}
    for name in (*needed, *published):
        if not (folder / name).is_file():
            raise ModelMissingError(f"no model in {folder}: {name} is missing")
    for name, digest in published.items():
        if sha256(folder / name) != digest:
            raise ModelAlteredError(f"{folder / name} does not match its checksum in {SUMS}")
    return folder


def write_sums(folder: Path) -> None:
    lines = [f"{sha256(folder / name)}  {name}\n" for name in files_of(folder)]
    (folder / SUMS).write_text("".join(lines))


def files_of(folder: Path) -> list[str]:
    """Return the model's own files, without its checksums and the cache of the hub's client."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(p.as_posix() for p in paths if p.name != SUMS and ".cache" not in p.parts)


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def listed(sums: str) -> Iterator[tuple[str, str]]:
    """Yield file and hexadecimal digest from the text of a SHA256SUMS."""
    for line in sums.splitlines():
        digest, _, name = line.partition("  ")
        yield name, digest
