"""A Dockerfile in, the command that its image would run out, as this machine can run it.

Only what decides the start of a container is read: ENV, WORKDIR, ENTRYPOINT, CMD. The image's
layout under WORKDIR must be that of the build context, as ours is; then `/app` is the context.
"""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class ImageStart:
    """`command` and `environment` with the image's WORKDIR replaced by `folder`."""

    folder: Path
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

    def argv(self, command: list[str] | None) -> list[str]:
        """As `docker run` builds it; the image's Python becomes the one that runs us."""
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
