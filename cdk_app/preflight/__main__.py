"""Run `make preflight`, as `python -m cdk_app.preflight`."""

from __future__ import annotations

from cdk_app.preflight.command import app

app(prog_name="make preflight")
