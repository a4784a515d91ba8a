"""Synthesize the CDK app into a folder, unless no source has changed since the last time."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
CACHE = ROOT / ".lifestream"
SOURCES = ("app.py", "cdk.json", "requirements.txt", "cdk_app", "lambdas", "containers")
STACK = "LifeStream-dev"
KEPT_VERSIONS = 3
# CDK's own switch: don't bundle the functions. Lambda workers use this environment's packages.
CONTEXT: dict[str, Any] = {"aws:cdk:bundling-stacks": []}
BUILT_IN_MODEL = "tiny.en"


@dataclass(frozen=True)
class Assembly:
    """A synthesized stack in CDK's output folder."""

    folder: Path
    stack: str = STACK

    @property
    def is_complete(self) -> bool:
        return (self.folder / "manifest.json").exists()

    @property
    def template(self) -> dict[str, Any]:
        return self._json("template")

    @property
    def files(self) -> dict[str, Any]:
        """The file assets by hash, as in CDK's asset manifest. The template is one of them."""
        files: dict[str, Any] = self._json("assets")["files"]
        return files

    @property
    def images(self) -> dict[str, dict[str, str]]:
        """The build `context` and the `dockerfile` of each container image, by hash."""
        images = self._json("assets").get("dockerImages", {})
        return {
            asset_hash: {
                "context": str(self.folder / image["source"]["directory"]),
                "dockerfile": str(
                    self.folder / image["source"]["directory"] / image["source"]["dockerFile"]
                ),
            }
            for asset_hash, image in images.items()
        }

    def _json(self, kind: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(
            (self.folder / f"{self.stack}.{kind}.json").read_text()
        )
        return content


def synthesize(whisper_model: str = BUILT_IN_MODEL) -> Assembly:
    """Synthesize the stack as `cdk synth -c whisper_model=…` does, or return it from the cache.

    This machine's hours cost nothing, unless HOST_HOUR_DOLLARS is set.
    """
    host_hour = os.environ.get("HOST_HOUR_DOLLARS", "0")
    context = CONTEXT | {"whisper_model": whisper_model, "host_hour_dollars": host_hour}
    assembly = Assembly(CACHE / f"cdk.out-{source_hash(context)}")
    if not assembly.is_complete:
        with _one_at_a_time():
            if not assembly.is_complete:
                _run_app(assembly.folder, context)
                _delete_old_versions()
    return assembly


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let other processes wait, because most of them need the same assembly."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "synthesis.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # closing the file releases it
        yield


def source_hash(context: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(context, sort_keys=True).encode())
    for path in sorted(path for name in SOURCES for path in _files(ROOT / name)):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return [p for p in path.rglob("*") if p.is_file() and not _is_generated(p)]


def _is_generated(path: Path) -> bool:
    return any(part == "__pycache__" or part.endswith(".egg-info") for part in path.parts)


def _run_app(folder: Path, context: dict[str, Any]) -> None:
    """Run the app. It writes to a temporary folder, so that an interrupted synthesis leaves no
    incomplete assembly behind."""
    partial = folder.with_name(f"{folder.name}.{os.getpid()}")
    context = json.loads((ROOT / "cdk.json").read_text())["context"] | context
    environment = os.environ | {
        "CDK_OUTDIR": str(partial),
        "CDK_CONTEXT_JSON": json.dumps(context),
        "CDK_VALIDATION": "false",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "lambdas"))),
    }
    subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=environment, check=True)
    partial.rename(folder)


def _delete_old_versions() -> None:
    versions = sorted(CACHE.glob("cdk.out-*"), key=lambda path: path.stat().st_mtime)
    for old in versions[:-KEPT_VERSIONS]:
        shutil.rmtree(old, ignore_errors=True)
