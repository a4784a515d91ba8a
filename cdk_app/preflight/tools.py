"""Check the programs that a deployment needs: Python, Node and Docker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

from lifestream.client.doctor.findings import Finding, failed, ok

MIN_NODE, MIN_PYTHON = 20, (3, 11)
TIMEOUT_SECONDS = 30
START = "Start it. Only `make deploy` needs it, to build the container's image"


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> Iterator[Finding]:
    found, needed = ".".join(map(str, version)), ".".join(map(str, MIN_PYTHON))
    if version[:2] < MIN_PYTHON:
        yield failed(
            "Python", found, f"Install {needed} or newer: make install PYTHON=python{needed}"
        )
    else:
        yield ok("Python", found)


def check_node() -> Iterator[Finding]:
    version = output_of("node", "--version")
    major = version.removeprefix("v").partition(".")[0]
    if not major.isdigit():
        yield failed("Node", "not found", f"Install Node {MIN_NODE} or newer: the CDK runs on it")
    elif int(major) < MIN_NODE:
        yield failed("Node", version, f"Install Node {MIN_NODE} or newer")
    else:
        yield ok("Node", version)


def check_docker() -> Iterator[Finding]:
    """Check Docker, or the program that CDK_DOCKER names."""
    program = os.environ.get("CDK_DOCKER", "docker")
    versions = _json(output_of(program, "version", "--format", "{{json .}}"))
    server = versions.get("Server") or {}
    if not versions:
        yield failed("Docker", f"{program} was not found", f"Install it. {START}")
    elif not server:
        yield failed("Docker", f"{program} is installed, but its engine does not answer", START)
    else:
        yield ok("Docker", f"client {versions['Client']['Version']}, engine {server['Version']}")


def output_of(*argv: str) -> str:
    """Return the program's output, or an empty string if it can't be run."""
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def _json(text: str) -> dict[str, dict[str, str]]:
    try:
        found: dict[str, dict[str, str]] = json.loads(text)
    except ValueError:
        return {}
    return found
