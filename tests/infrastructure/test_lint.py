"""The templates pass cfn-lint and asl-validator.

Four of the sixteen combinations of switches are enough: no resource depends on more than two
switches, and the four contain every pair of values that a resource depends on. The only exception
is the name of Fargate's task definition, which contains the stage.
"""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cdk_app.local.synthesis import ROOT
from infrastructure.templates import EVERYTHING, STRICT, definition

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

COMBINATIONS = (
    {"compute": "gpu", "stage": "dev"},
    EVERYTHING,
    {"compute": "cpu", "stage": "dev", "webhook_url": EVERYTHING["webhook_url"], "spot": "true"},
    {"compute": "cpu", "stage": "prod"},
)
OF_CDK = ["W3005"]
"""CDK spells out dependencies that references imply already."""


def test_the_templates_pass_cfn_lint(synthesize: Callable[..., Template]) -> None:
    from cfnlint.api import lint  # loads its rules, which takes almost a second
    from cfnlint.config import ManualArgs

    template = merged([synthesize(**switches).to_json() for switches in COMBINATIONS])
    config = ManualArgs(ignore_checks=OF_CDK, regions=["us-east-1"])

    assert [str(match) for match in lint(json.dumps(template), config=config)] == []


@pytest.mark.soak
@pytest.mark.parametrize("compute", ["gpu", "cpu"])
def test_the_template_of_a_strict_account_passes_cfn_lint(
    synthesize: Callable[..., Template], compute: str
) -> None:
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    template = synthesize(**EVERYTHING | STRICT | {"compute": compute}).to_json()
    config = ManualArgs(ignore_checks=OF_CDK, regions=["us-east-1"])

    assert [str(match) for match in lint(json.dumps(template), config=config)] == []


def merged(templates: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a template that has each distinct resource once, because cfn-lint is slow.

    A resource of another combination gets a number after its name. References may keep the name:
    it stands for a resource of the same type.
    """
    sections: dict[str, dict[str, Any]] = defaultdict(dict)
    variants: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for number, template in enumerate(templates):
        one_stack = json.loads(json.dumps(template).replace("LifeStream-prod", "LifeStream-dev"))
        for section in ("Parameters", "Rules", "Resources", "Outputs"):
            for name, entry in one_stack[section].items():
                known = variants[section, name]
                if entry not in known:
                    sections[section][f"{name}{number}" if known else name] = entry
                    known.append(entry)
    return sections


def test_every_state_machine_passes_asl_validator(
    synthesize: Callable[..., Template], tmp_path: Path
) -> None:
    machines = {json.dumps(definition(synthesize(**switches))) for switches in COMBINATIONS}
    paths = [tmp_path / f"{number}.asl.json" for number in range(len(machines))]
    for path, machine in zip(paths, machines, strict=True):
        path.write_text(machine)

    checked = subprocess.run(
        [ROOT / "node_modules/.bin/asl-validator", *(f"--json-path={path}" for path in paths)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (checked.returncode, checked.stderr) == (0, "")
