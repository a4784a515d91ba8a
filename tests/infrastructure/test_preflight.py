"""`make preflight` looks at the template that would be deployed."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from aws_answers import refusing_aws
from cdk_app.preflight.command import app


def test_the_plan_follows_the_switches() -> None:
    from cdk_app.preflight.plan import Plan

    plan = Plan({"stage": "prod", "compute": "cpu", "max_gpu_tasks": "3"})

    assert (plan.stack, plan.config.compute, plan.config.max_gpu_tasks) == (
        "LifeStream-prod",
        "cpu",
        3,
    )
    assert plan.zones == 2
    assert plan.bootstrap_version >= 6
    assert plan.gpu_types


def test_every_check_has_a_line_even_if_aws_denies_everything(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with refusing_aws("AccessDenied", "no", status=403, knows_us=True) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        result = CliRunner().invoke(app, ["--stage", "dev"])

    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    lines = [line.split("  ")[1] for line in result.output.splitlines() if "  " in line]
    assert [line.partition(":")[0].strip() for line in lines][-6:] == [
        "CDK bootstrap",
        "service-linked roles",
        "vCPU quota",
        "GPU hosts",
        "Lambda concurrency",
        "earlier stack",
    ]
    assert "these credentials may not call ListRoles (AccessDenied)" in result.output


def test_an_unusable_switch_is_named() -> None:
    from cdk_app.preflight.plan import Plan

    with pytest.raises(SystemExit, match="-c max_gpu_tasks: Input should be greater than"):
        Plan({"max_gpu_tasks": "0"})


def test_the_plan_of_a_strict_account_names_endpoints_and_actions() -> None:
    from cdk_app.preflight.plan import Plan

    plan = Plan({"compute": "gpu", "network": "private-with-nat"})

    assert plan.zones == 2
    assert {"ecs-agent", "ecr.api", "sqs", "states"} <= set(plan.endpoints)
    assert {"ecs:RunTask", "s3:GetObject", "ec2:CreateNetworkInterface"} <= set(plan.actions)
