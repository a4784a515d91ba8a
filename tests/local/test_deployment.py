"""How the local stack makes many short processes start fast."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

from cdk_app.local.deployment import zip_folder

COUNT_MODELS_READ = """
import sys

import boto3
import cdk_app.local.ministack.service_models

read = []
sys.addaudithook(lambda event, args: read.append(args[0]) if event == "open" else None)
boto3.Session("a", "b", region_name="us-east-1").client("s3")
boto3.Session("a", "b", region_name="eu-west-1").resource("dynamodb")
print([path for path in read if "botocore" in str(path) and ".json" in str(path)])
"""


def test_the_modules_of_a_zip_are_not_compiled_again(tmp_path: Path) -> None:
    """Python imports the compiled module, although the unpacked source has another time."""
    source, unpacked = tmp_path / "source", tmp_path / "unpacked"
    (source / "package").mkdir(parents=True)
    (source / "package" / "module.py").write_text("print('compiled before')")

    zipfile.ZipFile(io.BytesIO(zip_folder(source))).extractall(unpacked)

    (unpacked / "package" / "module.py").write_text("print('compiled again')")
    assert printed("import package.module", unpacked) == "compiled before\n"


def test_new_sessions_read_no_models_of_services_again() -> None:
    assert printed(COUNT_MODELS_READ, Path.cwd()) == "[]\n"


def printed(script: str, folder: Path) -> str:
    command = [sys.executable, "-c", script]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
