"""What is about to be deployed: the switches, and the template that they make."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aws_cdk import App

from cdk_app.config import Config
from cdk_app.stack import LifeStreamStack

ROOT = Path(__file__).parent.parent.parent
# CDK's own switch.
WITHOUT_ZIPS: dict[str, Any] = {"aws:cdk:bundling-stacks": []}
DEFAULT_GPU_TYPES = ("g6.xlarge", "g5.xlarge")


class Plan:
    """Built from cdk.json and from what would be given to `cdk deploy -c`; the template is that of
    the deployment but for its zips. `bootstrap_version` is the lowest that it asks for."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        in_file = json.loads((ROOT / "cdk.json").read_text())["context"]
        with TemporaryDirectory(prefix="lifestream-preflight-") as folder:
            app = App(context=in_file | WITHOUT_ZIPS | dict(given), outdir=folder)
            self.config = Config.from_context(app.node)
            self.stack = f"LifeStream-{self.config.stage}"
            LifeStreamStack(app, self.stack, config=self.config)
            made = app.synth().get_stack_by_name(self.stack)
            self.template: dict[str, Any] = made.template
            self.bootstrap_version = int(made.requires_bootstrap_stack_version or 1)

    @property
    def gpu_types(self) -> Sequence[str]:
        return tuple(getattr(self.config, "gpu_instance_types", DEFAULT_GPU_TYPES))

    @property
    def zones(self) -> int:
        """How many availability zones the stack takes."""
        types = [resource["Type"] for resource in self.template["Resources"].values()]
        return types.count("AWS::EC2::Subnet")
