"""Programs that start often import nothing that they do not need (ADR 50)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

LAMBDAS = Path(__file__).parent.parent.parent / "lambdas"
NAMES = "import json, sys; print(json.dumps([*sys.modules]))"
HEAVY = {
    "asyncio",
    "av",
    "jinja2",
    "numpy",
    "openai",
    "pathvalidate",
    "pinecone",
    "pydantic_settings",
    "rich",
    "typer",
    "lifestream.domain.step_payloads",
    "lifestream.engines",
    "lifestream.rendering",
}


@pytest.mark.parametrize(
    ("statement", "unneeded"),
    [
        ("from lifestream.client import VideoService", HEAVY | {"aws_lambda_powertools", "boto3"}),
        (
            "import triggers.dispatcher",
            HEAVY
            | {
                "aws_lambda_powertools.utilities.batch",
                "aws_lambda_powertools.utilities.parser",
                "lifestream.client",
            },
        ),
    ],
)
def test_an_import_brings_no_module_that_it_does_not_need(
    statement: str, unneeded: set[str]
) -> None:
    run = subprocess.run(
        [sys.executable, "-c", f"{statement}\n{NAMES}"],
        env={"PYTHONPATH": str(LAMBDAS)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert set(json.loads(run.stdout)) & unneeded == set()
