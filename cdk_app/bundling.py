"""Bundle the Lambda functions from source and locked requirements, without Docker.

The wheels are built for Lambda's platform, on any machine.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import jsii
from aws_cdk import AssetHashType, BundlingOptions, ILocalBundling
from aws_cdk import aws_lambda as lambda_

SOURCE = Path(__file__).parent.parent / "lambdas"
RUNTIME = lambda_.Runtime.PYTHON_3_13
ARCHITECTURE = lambda_.Architecture.ARM_64
NOT_SHIPPED = ("__pycache__", "*.pyc", "requirements", "*.egg-info", "*.onnx")


@dataclass(frozen=True)
class Target:
    """The platform, as `uv pip install` names it, and the Python version that wheels are for."""

    platform: str
    python_version: str


LAMBDA = Target(platform="aarch64-manylinux_2_28", python_version="3.13")


class Requirements(StrEnum):
    """The lock file in `lambdas/requirements/` that a function's packages are installed from."""

    BASE = "base"
    MEDIA = "media"
    SUMMARY = "summary"
    INDEX = "index"
    WEBHOOK = "webhook"
    API = "api"

    @property
    def not_shipped(self) -> tuple[str, ...]:
        """Patterns of names. Only the API uses the client, but neither its command line nor its
        doctor."""
        return (*NOT_SHIPPED, *(("commands", "doctor") if self == self.API else ("client",)))


def code_with(requirements: Requirements) -> lambda_.AssetCode:
    """Return the code of a function. It is hashed by source, so that an unchanged function is
    neither bundled nor deployed again."""
    return lambda_.Code.from_asset(
        str(SOURCE),
        asset_hash_type=AssetHashType.SOURCE,
        exclude=["**/__pycache__", "**/*.pyc", "**/*.egg-info"],
        display_name=requirements,
        bundling=BundlingOptions(
            image=RUNTIME.bundling_image, command=[requirements], local=HostBundling(requirements)
        ),
    )


@jsii.implements(ILocalBundling)
class HostBundling:
    """Bundles on this machine instead of in a Docker container."""

    def __init__(self, requirements: Requirements) -> None:
        self._requirements = requirements

    def try_bundle(self, output_dir: str, *_options: object, **_more: object) -> bool:
        bundle(self._requirements, Path(output_dir))
        return True


def bundle(requirements: Requirements, folder: Path, target: Target = LAMBDA) -> None:
    """Install the locked requirements, checked by hash, into `folder` and copy the source.

    Raises CalledProcessError if uv fails.
    """
    lock = SOURCE / "requirements" / f"{requirements}.txt"
    install = ["uv", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"]
    python = ["--python-platform", target.platform, "--python-version", target.python_version]
    packages = ["--target", str(folder), "--require-hashes", "-r", str(lock)]
    subprocess.run([sys.executable, "-m", *install, *python, *packages], check=True)
    shutil.rmtree(folder / "bin", ignore_errors=True)
    ignore = shutil.ignore_patterns(*requirements.not_shipped)
    shutil.copytree(SOURCE, folder, ignore=ignore, dirs_exist_ok=True)
