"""Metrics are lines in the embedded metric format, with the stage and few dimensions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_lambda_powertools.metrics import MetricUnit

from lifestream.domain.metrics import Metric
from lifestream.observability import emit


def test_a_metric_has_its_stage_and_its_dimensions(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGE", "prod")

    emit({Metric.STEP_SECONDS: 1.5}, job_id="b1c6", step="ExtractAudio")

    entry: dict[str, Any] = json.loads(capsys.readouterr().out)
    [directive] = entry["_aws"]["CloudWatchMetrics"]
    assert directive == {
        "Namespace": "LifeStream",
        "Dimensions": [["stage", "step"]],
        "Metrics": [{"Name": "StepSeconds", "Unit": "Seconds"}],
    }
    assert (entry["stage"], entry["step"], entry["StepSeconds"]) == ("prod", "ExtractAudio", [1.5])
    assert entry["job_id"] == "b1c6"


def test_each_line_has_only_its_own_metrics(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGE", "prod")

    emit({Metric.JOBS_ENDED: 1}, job_id="a", status="FAILED")
    emit({Metric.REPAIRS: 2})

    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["JobsEnded"], first["status"]) == ([1], "FAILED")
    assert second.keys() == {"_aws", "stage", "Repairs"}


def test_a_command_emits_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    emit({Metric.REPAIRS: 2})

    assert capsys.readouterr().out == ""


def test_each_unit_is_one_of_cloudwatch() -> None:
    assert {metric.unit for metric in Metric} <= {unit.value for unit in MetricUnit} | {"None"}
