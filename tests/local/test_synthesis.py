"""The CDK app is synthesized once for all processes that need the same assembly."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cdk_app.local import synthesis

APP = """
import os
import pathlib

with open("runs", "a") as runs:
    runs.write("one run\\n")
folder = pathlib.Path(os.environ["CDK_OUTDIR"])
folder.mkdir(parents=True)
(folder / "manifest.json").write_text("{}")
"""


def test_two_processes_that_need_the_same_assembly_run_the_app_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "cdk.json").write_text('{"context": {}}')
    monkeypatch.setattr(synthesis, "ROOT", tmp_path)
    monkeypatch.setattr(synthesis, "CACHE", tmp_path / "cache")

    with ThreadPoolExecutor(2) as processes:
        made = list(processes.map(lambda _: synthesis.synthesize(), range(2)))

    assert made[0] == made[1]
    assert made[0].is_complete
    assert (tmp_path / "runs").read_text() == "one run\n"
