"""Lambda workers of the local stack: warm before the first invocation."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

from cdk_app.local.ministack.lambda_workers import INDEXING, SharedZip, worker_script

HANDLER = """
import sys, time

def handler(event, context):
    until = time.monotonic() + 60
    while event not in sys.modules and time.monotonic() < until:
        time.sleep(0.05)
    return event in sys.modules
"""


def test_a_worker_imports_its_engines_packages_before_the_first_call(tmp_path: Path) -> None:
    from ministack.core import lambda_runtime

    (tmp_path / "steps").mkdir()
    (tmp_path / "steps" / "__init__.py").touch()
    (tmp_path / "steps" / "index_transcript.py").write_text(HANDLER)
    script = tmp_path / "worker.py"
    script.write_text(worker_script(lambda_runtime._PYTHON_WORKER_SCRIPT, INDEXING))
    init = {"code_dir": str(tmp_path), "module": "steps.index_transcript", "handler": "handler"}

    answers = subprocess.run(
        [sys.executable, str(script)],
        input=json.dumps(init) + "\n" + json.dumps({"event": "tokenizers"}) + "\n",
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert [json.loads(answer).get("result") for answer in answers] == [None, True]


def test_workers_share_the_code_of_their_function(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path = tmp_path / "code.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("steps/inspect.py", "one")
        archive.writestr("main.py", "two")
    workers = [tmp_path / "first", tmp_path / "second"]

    for folder in workers:
        folder.mkdir()
        with SharedZip(path) as archive:
            archive.extractall(folder)

    assert [(folder / "steps" / "inspect.py").read_text() for folder in workers] == ["one"] * 2
    [code] = {(folder / "main.py").resolve() for folder in workers}
    assert code.read_text() == "two"
