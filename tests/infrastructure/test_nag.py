"""cdk-nag's rules of AwsSolutions: no finding without a reason, no reason without a finding."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cdk_app.local.synthesis import ROOT
from infrastructure.accepted_findings import accepted, accepted_if_tagged
from infrastructure.templates import COMBINATIONS, EVERYTHING, STRICT

if TYPE_CHECKING:
    import aws_cdk as cdk

PUBLIC = EVERYTHING
PRIVATE = {"compute": "cpu", "stage": "dev", "webhook_url": EVERYTHING["webhook_url"]} | STRICT
"""Each resource of any combination of switches is in one of these two. The longer test below, which
`make checkov` runs, shows it."""


def test_every_finding_has_a_reason_and_every_reason_a_finding(tmp_path: Path) -> None:
    public = set(findings(PUBLIC, tmp_path / "public"))
    private = set(findings(PRIVATE, tmp_path / "private"))
    reasons = {entry[:2] for entry in accepted()}
    if_tagged = {entry[:2] for entry in accepted_if_tagged()}

    assert sorted(public - reasons) == []
    assert sorted(private - reasons - if_tagged) == []
    assert sorted(reasons - public - private) == []
    assert sorted(if_tagged - private) == []


@pytest.mark.soak
@pytest.mark.parametrize("switches", COMBINATIONS, ids=lambda given: "-".join(given.values()))
def test_every_combination_has_only_findings_with_a_reason(
    tmp_path: Path, switches: dict[str, str]
) -> None:
    reasons = {entry[:2] for entry in accepted()}
    if "tags" in switches:
        reasons |= {entry[:2] for entry in accepted_if_tagged()}

    assert sorted(set(findings(switches, tmp_path)) - reasons) == []


def test_every_reason_is_of_one_resource_and_says_something() -> None:
    """A reason names an exact path and finding, never a whole stack or construct."""
    entries = [*accepted(), *accepted_if_tagged()]

    assert len({entry[:2] for entry in entries}) == len(entries)
    for resource, finding, reason in entries:
        assert "*" not in resource
        assert re.fullmatch(r"[A-Z]+\d+(\[.+\])?", finding)
        assert len(reason) > 40


def test_a_publicly_readable_bucket_is_a_finding(tmp_path: Path) -> None:
    """This shows that the rules run at all."""
    import aws_cdk as cdk

    app = cdk.App(outdir=str(tmp_path))
    cdk.aws_s3.Bucket(cdk.Stack(app, "Careless"), "Bucket")

    assert ("Bucket", "S10") in set(checked(app, tmp_path))


def findings(switches: dict[str, str], folder: Path) -> Iterator[tuple[str, str]]:
    import aws_cdk as cdk

    from cdk_app.config import Config
    from cdk_app.preflight.plan import NO_ASSETS
    from cdk_app.stack import LifeStreamStack

    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = cdk.App(context=context | NO_ASSETS | switches, outdir=str(folder))
    config = Config.from_context(app.node)
    LifeStreamStack(app, f"LifeStream-{config.stage}", config=config)
    yield from checked(app, folder)


def checked(app: cdk.App, folder: Path) -> Iterator[tuple[str, str]]:
    """Return (resource, finding) pairs from cdk-nag's report, which fails the synthesis."""
    import aws_cdk as cdk
    from cdk_nag import AwsSolutionsChecks

    os.environ["CDK_VALIDATION"] = "false"
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    report = json.loads((folder / "validation-report.json").read_text())
    for violation in report["pluginReports"][0]["violations"]:
        for construct in violation["violatingConstructs"]:
            path = construct["constructPath"].split("/", 1)[1]
            yield path.removesuffix("/Resource"), readable(violation["ruleName"])


def readable(rule: str) -> str:
    """Shorten `AwsSolutions-IAM5[Resource::<JobsTable10C8EDF6.Arn>/index/*]` to
    `IAM5[<JobsTable>/index/*]`, and an ARN to its resource."""
    name, _, about = rule.removeprefix("AwsSolutions-").partition("[")
    subject = about.removesuffix("]").partition("::")[2]
    if composed := re.search(r'"Ref":"(\w+?)[0-9A-F]{8}"', subject):
        subject = f"<{composed[1]}>…"
    subject = re.sub(r"<(\w+?)[0-9A-F]{8}(\.Arn)?>", r"<\1>", subject)
    subject = re.sub(r"^arn:.*:", "", subject)
    return f"{name}[{subject}]" if subject else name
