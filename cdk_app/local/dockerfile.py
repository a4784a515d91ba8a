"""Read from a Dockerfile the command that its image runs, so that this machine can run it.

Only ENV, WORKDIR, ENTRYPOINT and CMD are read. The image must have the layout of the build
context under WORKDIR, as ours does, so that the build context can stand for `/app`.
"""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class ImageStart:
    """How a container starts. In `environment`, `folder` replaces the image's WORKDIR."""

    folder: Path
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

    def argv(self, command: list[str] | None) -> list[str]:
        """Return the command line, as `docker run` builds it, but with this process's Python."""
        argv = [*self.entrypoint, *(self.command if command is None else command)]
        return [sys.executable, *argv[1:]] if argv[0] in ("python", "python3") else argv


def read_dockerfile(dockerfile: Path, context: Path) -> ImageStart:
    start = ImageStart(context)
    workdir = "/"
    for instruction, arguments in _instructions(dockerfile.read_text()):
        match instruction:
            case "WORKDIR":
                workdir = arguments
            case "ENV":
                pairs = (pair.partition("=") for pair in shlex.split(arguments))
                start.environment |= {name: value for name, _, value in pairs}
            case "ENTRYPOINT":
                start.entrypoint = json.loads(arguments)
            case "CMD":
                start.command = json.loads(arguments)
    for name, value in start.environment.items():
        start.environment[name] = value.replace(workdir, str(context))
    return start


def _instructions(text: str) -> list[tuple[str, str]]:
    joined = text.replace("\\\n", " ")
    lines = [line.strip() for line in joined.splitlines()]
    pairs = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return [(name.upper(), arguments.strip()) for name, _, arguments in pairs]
