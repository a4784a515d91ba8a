"""Synthesize the template that is about to be deployed, from its switches."""

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
# CDK's own switches: build no zips, and copy no sources into the output folder.
NO_ASSETS: dict[str, Any] = {
    "aws:cdk:bundling-stacks": [],
    "aws:cdk:disable-asset-staging": True,
}
DEFAULT_GPU_TYPES = ("g6.xlarge", "g5.xlarge")


class Plan:
    """What `cdk deploy -c …` would deploy: `config`, the name of the `stack`, and its `template`.

    The template is that of the deployment, except for the zips. `bootstrap_version` is the
    lowest that it needs.
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        in_file = json.loads((ROOT / "cdk.json").read_text())["context"]
        with TemporaryDirectory(prefix="lifestream-preflight-") as folder:
            app = App(context=in_file | NO_ASSETS | dict(given), outdir=folder)
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
        """The number of availability zones that the stack uses."""
        return len({json.dumps(net["AvailabilityZone"]) for net in self._all("AWS::EC2::Subnet")})

    @property
    def endpoints(self) -> list[str]:
        """The names of the AWS services that interface endpoints lead to: `ecr.api`, `logs`."""
        named = (
            endpoint["ServiceName"]["Fn::Join"][1][-1].removeprefix(".")
            for endpoint in self._all("AWS::EC2::VPCEndpoint")
            if endpoint["VpcEndpointType"] == "Interface"
        )
        return sorted(named)

    @property
    def actions(self) -> list[str]:
        """Every action that a role of the stack allows in its own policies."""
        statements = (
            statement
            for policy in self._all("AWS::IAM::Policy")
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Allow"
        )
        return sorted(
            {action for statement in statements for action in _listed(statement["Action"])}
        )

    def _all(self, kind: str) -> list[dict[str, Any]]:
        resources = self.template["Resources"].values()
        return [resource["Properties"] for resource in resources if resource["Type"] == kind]


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
