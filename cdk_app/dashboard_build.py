"""Read the build of the dashboard (`make web/dist/.ready`), for CloudFront and for the local
stack."""

from __future__ import annotations

import mimetypes
from pathlib import Path

DIST = Path(__file__).parent.parent / "web" / "dist"
PAGE = "index.html"


def built_files(folder: Path = DIST) -> dict[str, Path]:
    """Return the files by their path below the folder; none if the dashboard was not built."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path for path in files if not path.name.startswith(".")
    }


def media_type(file: Path) -> str:
    guessed = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return f"{guessed}; charset=utf-8" if guessed.startswith("text/") else guessed
