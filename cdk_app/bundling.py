"""Source and locked requirements in, Lambda zips out: no Docker, wheels for Lambda's platform."""

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
NOT_SHIPPED = ("__pycache__", "*.pyc", "requirements", "client", "*.egg-info", "*.onnx")


@dataclass(frozen=True)
class Target:
    """What the wheels are for; `platform` in uv's words."""

    platform: str
    python_version: str


LAMBDA = Target(platform="aarch64-manylinux_2_28", python_version="3.13")


class Requirements(StrEnum):
    """What a function needs beside the shared package: a lock file in `lambdas/requirements/`."""

    BASE = "base"
    MEDIA = "media"
    SUMMARY = "summary"
    INDEX = "index"
    WEBHOOK = "webhook"


def code_with(requirements: Requirements) -> lambda_.AssetCode:
    """Hashed by source, so that an unchanged function is neither bundled nor deployed again."""
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
    def __init__(self, requirements: Requirements) -> None:
        self._requirements = requirements

    def try_bundle(self, output_dir: str, *_options: object, **_more: object) -> bool:
        bundle(self._requirements, Path(output_dir))
        return True


def bundle(requirements: Requirements, folder: Path, target: Target = LAMBDA) -> None:
    """What is in the zip: the locked requirements, checked by hash, and our source."""
    lock = SOURCE / "requirements" / f"{requirements}.txt"
    install = ["uv", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"]
    where = ["--target", str(folder), "--python-version", target.python_version]
    what = ["--python-platform", target.platform, "--require-hashes", "-r", str(lock)]
    subprocess.run([sys.executable, "-m", *install, *where, *what], check=True)
    shutil.rmtree(folder / "bin", ignore_errors=True)
    shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns(*NOT_SHIPPED), dirs_exist_ok=True)
