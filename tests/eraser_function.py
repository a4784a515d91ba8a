"""The client of Lambda, with one function: the eraser. A fake, for tests only."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from conftest import shared_clients
from lifestream import resources
from lifestream.aws import clients

NAME = "eraser"
KEY = "signs receipts"


class EraserFunction:
    """Remembers the events, and runs the eraser at once if `runs`. The grace period is zero."""

    def __init__(self, *, runs: bool) -> None:
        self.events: list[dict[str, Any]] = []
        self.runs = runs

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> None:  # noqa: N803  # boto3's names
        assert (FunctionName, InvocationType) == (NAME, "Event")
        event = json.loads(Payload)
        self.events.append(event)
        if self.runs:
            resources.eraser(grace_period=timedelta(0)).run(event.get("job_id"))


def use_eraser(monkeypatch: pytest.MonkeyPatch, *, runs: bool) -> EraserFunction:
    """Deploy the eraser to moto's AWS."""
    monkeypatch.setenv("RECEIPT_KEY", KEY)
    monkeypatch.setenv("ERASER_FUNCTION", NAME)
    shared_clients().client("ecs").create_cluster(clusterName="gpu")
    function = EraserFunction(runs=runs)
    monkeypatch.setattr(clients, "lambda_", lambda: function)
    return function
