"""Synthesize the image asset of `cdk deploy`: build context, Dockerfile and build arguments."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""Docker's names of architectures, and the kernel's."""


@dataclass(frozen=True)
class ImageAsset:
    context: Path
    dockerfile: Path
    build_args: dict[str, str]
    architecture: str
    """amd64 or arm64."""

    @property
    def machine(self) -> str:
        return MACHINES[self.architecture]

    @property
    def is_emulated(self) -> bool:
        return self.machine != os.uname().machine


def synthesized_asset(compute: str, folder: Path) -> ImageAsset:
    """Synthesize the stack into `folder`, which has to stay as long as the asset is used."""
    import aws_cdk as cdk

    from cdk_app.config import Config
    from cdk_app.stack import LifeStreamStack

    os.environ["CDK_VALIDATION"] = "false"
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    switches = {"aws:cdk:bundling-stacks": [], "compute": compute}
    app = cdk.App(context=context | switches, outdir=str(folder))
    stack = LifeStreamStack(app, "Image", config=Config.from_context(app.node))
    app.synth()
    manifest = json.loads((folder / f"{stack.stack_name}.assets.json").read_text())
    [image] = (asset["source"] for asset in manifest["dockerImages"].values())
    context_folder = folder / image["directory"]
    return ImageAsset(
        context_folder,
        context_folder / image["dockerFile"],
        image["dockerBuildArgs"],
        image["platform"].removeprefix("linux/"),
    )
