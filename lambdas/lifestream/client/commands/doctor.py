"""`lifestream doctor`: every check of a deployed stage, one line each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import boto3
import typer

from lifestream.aws import clients
from lifestream.client.commands.terminal import AsJson, Stage, console, console_of_errors
from lifestream.client.connection import connect_as
from lifestream.client.doctor.alarms import check_alarms
from lifestream.client.doctor.check_task import check_container
from lifestream.client.doctor.deployed import DeployedStage, check_secret
from lifestream.client.doctor.findings import Check, Finding, examine, ok
from lifestream.client.doctor.parts import parts_expected
from lifestream.client.doctor.report import report
from lifestream.client.doctor.round_trip import round_trip
from lifestream.client.doctor.vendors import check_vendors
from lifestream.client.doctor.weights import check_weights
from lifestream.settings import AwsSettings, DoctorSettings, load


def doctor(
    skip_task: Annotated[
        bool, typer.Option("--skip-task", help="Do not run the container's own check.")
    ] = False,
    skip_video: Annotated[
        bool, typer.Option("--skip-video", help="Do not process the two-second test video.")
    ] = False,
    as_json: AsJson = False,
    minutes: Annotated[
        float, typer.Option(min=0, help="How long to wait for the container and for the video.")
    ] = 30,
    stage: Stage = None,
) -> None:
    """Check that a deployed stage is ready for its first video.

    The container's check and the test video may start a GPU host. The exit code is 1 if a check
    failed.
    """
    settings = connect_as(DoctorSettings, stage)
    session = boto3.Session(region_name=load(AwsSettings).region)
    deployed = DeployedStage(stage, settings, session)
    checks = checks_of(deployed, minutes * 60, task=not skip_task, video=not skip_video)
    raise typer.Exit(report(waited_for(examine(checks)), console, as_json=as_json))


def checks_of(
    stage: DeployedStage, timeout_seconds: float, *, task: bool, video: bool
) -> Iterator[Check]:
    """The models come last: after a round trip it is known whether a job needs them."""
    yield Check("stack", lambda: [ok("stack", f"{stage.stack}, bucket {stage.settings.bucket}")])
    yield Check("secret", lambda: check_secret(stage))
    yield Check("keys", lambda: check_vendors(stage))
    yield Check("alarms", lambda: check_alarms(stage))
    if task:
        yield Check(
            "container check", lambda: check_container(stage, timeout_seconds=timeout_seconds)
        )
    if video:
        yield Check(
            "round trip", lambda: round_trip(stage, clients.s3(), timeout_seconds=timeout_seconds)
        )
    else:
        yield Check("summary and index", lambda: parts_expected(stage))
    yield Check("models", lambda: check_weights(stage, clients.s3()))


def waited_for(findings: Iterator[Finding]) -> Iterator[Finding]:
    """Shows that a slow check is still running."""
    waiting = console_of_errors.status("Checking the stage. A GPU host takes minutes to start…")
    with waiting:
        while (finding := next(findings, None)) is not None:
            waiting.stop()
            yield finding
            waiting.start()
