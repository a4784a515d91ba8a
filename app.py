"""Define the CDK app, as `npx cdk synth -c stage=dev -c compute=gpu` runs it."""

from __future__ import annotations

import os

import aws_cdk as cdk

from cdk_app.config import Config
from cdk_app.stack import LifeStreamStack

app = cdk.App(outdir=os.environ.get("CDK_OUTDIR"))
config = Config.from_context(app.node)
LifeStreamStack(app, f"LifeStream-{config.stage}", config=config)
app.synth()
