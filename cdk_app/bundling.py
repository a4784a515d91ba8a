"""Source and locked requirements in, Lambda zips out: no Docker, wheels for Lambda's platform."""

from __future__ import annotations

import shutil
import subprocess
import sys
from enum import StrEnum
from pathlib import Path

import jsii
from aws_cdk import AssetHashType, BundlingOptions, ILocalBundling
from aws_cdk import aws_lambda as lambda_

SOURCE = Path(__file__).parent.parent / "lambdas"
RUNTIME = lambda_.Runtime.PYTHON_3_13
ARCHITECTURE = lambda_.Architecture.ARM_64
PYTHON_VERSION = "3.13"
PLATFORM = "aarch64-manylinux_2_28"
NOT_SHIPPED = ("__pycache__", "*.pyc", "requirements", "client", "*.egg-info")


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
        bundling=BundlingOptions(
            image=RUNTIME.bundling_image, command=[requirements], local=HostBundling(requirements)
        ),
    )


@jsii.implements(ILocalBundling)
class HostBundling:
    def __init__(self, requirements: Requirements) -> None:
        self._lock = SOURCE / "requirements" / f"{requirements}.txt"

    def try_bundle(self, output_dir: str, *_options: object, **_more: object) -> bool:
        target = Path(output_dir)
        install = ["uv", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"]
        where = ["--target", output_dir, "--python-version", PYTHON_VERSION]
        for_lambda = ["--python-platform", PLATFORM, "--require-hashes", "-r", str(self._lock)]
        subprocess.run([sys.executable, "-m", *install, *where, *for_lambda], check=True)
        shutil.rmtree(target / "bin", ignore_errors=True)
        shutil.copytree(
            SOURCE, target, ignore=shutil.ignore_patterns(*NOT_SHIPPED), dirs_exist_ok=True
        )
        return True
