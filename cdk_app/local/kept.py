"""Print the settings of the local stack that `--keep` keeps running (`lifestream env`).

With them, other terminals can use the stack.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from cdk_app.local.synthesis import CACHE

KEPT = CACHE / "kept.json"
NOT_RUNNING = "No local stack is running. Start one in another terminal: lifestream local --keep"


def env() -> None:
    """Print the settings of a running `lifestream local --keep`.

    Use it in a shell: eval "$(lifestream env)"
    """
    settings = read_settings(KEPT)
    if settings is None:
        typer.echo(NOT_RUNNING, err=True)
        raise typer.Exit(1)
    for name, value in settings.items():
        typer.echo(f"export {name}={shlex.quote(value)}")


@contextmanager
def settings_kept(settings: Mapping[str, str], path: Path = KEPT) -> Iterator[None]:
    """Write the settings to a file until the block ends. Only the file's owner can read it, because
    it contains credentials."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    content = {"pid": os.getpid(), "settings": dict(settings)}
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        json.dump(content, file)
    try:
        yield
    finally:
        if _content(path).get("pid") == os.getpid():  # a later stack may have replaced it
            path.unlink(missing_ok=True)


def read_settings(path: Path) -> dict[str, str] | None:
    """Return the settings, or None if no stack is running, even if a killed one left its file."""
    content = _content(path)
    if not content or not _is_running(content["pid"]):
        return None
    settings: dict[str, str] = content["settings"]
    return settings


def _content(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return content


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
