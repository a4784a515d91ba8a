"""The templates pass cfn-lint and asl-validator.

Four of the sixteen combinations of switches are enough: no resource depends on more than two
switches, and the four contain every pair of values that a resource depends on. The only exception
is the name of Fargate's task definition, which contains the stage.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cdk_app.local.synthesis import ROOT
from infrastructure.templates import definition

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

HOOK = "https://example.com/hook"
COMBINATIONS = (
    {"compute": "gpu", "stage": "dev"},
    {"compute": "gpu", "stage": "prod", "webhook_url": HOOK, "spot": "true"},
    {"compute": "cpu", "stage": "dev", "webhook_url": HOOK, "spot": "true"},
    {"compute": "cpu", "stage": "prod"},
)
OF_CDK = ["W3005"]
"""CDK spells out dependencies that references imply already."""


@pytest.mark.parametrize("switches", COMBINATIONS, ids=lambda switches: "-".join(switches.values()))
def test_the_template_passes_cfn_lint(
    synthesize: Callable[..., Template], switches: dict[str, str]
) -> None:
    from cfnlint.api import lint  # loads its rules, which takes almost a second
    from cfnlint.config import ManualArgs

    template = json.dumps(synthesize(**switches).to_json())
    config = ManualArgs(ignore_checks=OF_CDK, regions=["us-east-1"])

    assert [str(match) for match in lint(template, config=config)] == []


def test_every_state_machine_passes_asl_validator(
    synthesize: Callable[..., Template], tmp_path: Path
) -> None:
    machines = {json.dumps(definition(synthesize(**switches))) for switches in COMBINATIONS}
    paths = [tmp_path / f"{number}.asl.json" for number in range(len(machines))]
    for path, machine in zip(paths, machines, strict=True):
        path.write_text(machine)

    checked = subprocess.run(
        ["npx", "--no-install", "asl-validator", *(f"--json-path={path}" for path in paths)],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (checked.returncode, checked.stderr) == (0, "")
