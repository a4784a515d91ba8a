"""Run all checks of `make preflight`, or print the environment for `make bootstrap`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import boto3
import typer
from rich.console import Console

from cdk_app.preflight.account import check_account, check_bootstrap
from cdk_app.preflight.leftovers import check_leftovers
from cdk_app.preflight.offerings import check_offerings
from cdk_app.preflight.permissions_boundary import check_boundary
from cdk_app.preflight.private_network import check_endpoints, check_internet
from cdk_app.preflight.quotas import check_concurrency, check_vcpus
from cdk_app.preflight.service_linked_roles import check_service_linked_roles
from cdk_app.preflight.tools import check_docker, check_node, check_python
from lifestream.client.doctor.findings import Check, Finding, Verdict, examine, note
from lifestream.client.doctor.report import line, report
from lifestream.settings import AwsSettings, load

if TYPE_CHECKING:
    from cdk_app.preflight.plan import Plan

console = Console(emoji=False)
console_of_errors = Console(emoji=False, stderr=True)
app = typer.Typer(pretty_exceptions_enable=False)


@app.command()
def preflight(  # one option per question that a person may answer
    stage: Annotated[str, typer.Option(help="dev or prod.")] = "dev",
    compute: Annotated[str, typer.Option(help="gpu, or cpu for Fargate.")] = "gpu",
    context: Annotated[
        list[str] | None, typer.Option("-c", "--context", help="name=value, as for cdk deploy.")
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Create missing roles.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line per check.")] = False,
    environment: Annotated[
        bool, typer.Option("--environment", help="Only print the account and region.")
    ] = False,
) -> None:
    """Find problems before a deployment runs into them. Changes nothing without --fix."""
    if environment:
        print_environment()
        return
    try:
        given = {**switches(context or []), "stage": stage, "compute": compute}
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    raise typer.Exit(report(findings(given, fix=fix), console, as_json=as_json))


def switches(given: list[str]) -> dict[str, str]:
    """Parse `name=value`, as `cdk -c` does. Raises ValueError."""
    pairs = [text.partition("=") for text in given]
    if wrong := [text for text, (_, equals, _) in zip(given, pairs, strict=True) if not equals]:
        raise ValueError(f"-c expects name=value, not {', '.join(wrong)}")
    return {name: value for name, _, value in pairs}


def print_environment() -> None:
    """Print `aws://account/region`, which CDK can bootstrap without synthesizing the app."""
    for finding in examine([Check("account", account)]):
        if finding.verdict is Verdict.FAILED:
            console_of_errors.print(line(finding), soft_wrap=True)
            raise typer.Exit(1)
    session = session_of_this_shell()
    number = session.client("sts").get_caller_identity()["Account"]
    sys.stdout.write(f"aws://{number}/{session.region_name}\n")


def findings(given: dict[str, str], *, fix: bool) -> Iterator[Finding]:
    """Run all checks. The checks of AWS need an account and, to synthesize the template, Node."""
    found = list(examine([Check("Python", check_python), Check("Node", check_node)]))
    found += examine([Check("Docker", check_docker), Check("account", account)])
    yield from found
    failures = [finding.what for finding in found if finding.verdict is Verdict.FAILED]
    blockers = [name for name in failures if name in ("Node", "account")]
    if blockers:
        yield note("AWS", f"not checked until this works: {', '.join(blockers)}")
        return
    with console_of_errors.status("Synthesizing the stack…"):
        plan = make_plan(given)
    yield from examine(checks_of(plan, session_of_this_shell(), fix=fix))


def make_plan(given: dict[str, str]) -> Plan:
    from cdk_app.preflight.plan import Plan

    return Plan(given)


def checks_of(plan: Plan, session: boto3.Session, *, fix: bool) -> Iterator[Check]:
    config = plan.config
    account_number = session.client("sts").get_caller_identity()["Account"]
    yield Check(
        "CDK bootstrap", lambda: check_bootstrap(session.client("ssm"), plan.bootstrap_version)
    )
    yield Check(
        "service-linked roles",
        lambda: check_service_linked_roles(session.client("iam"), config, fix=fix),
    )
    yield Check("vCPU quota", lambda: check_vcpus(session.client("service-quotas"), config))
    if config.compute == "gpu":
        yield Check(
            "GPU hosts", lambda: check_offerings(session.client("ec2"), plan.gpu_types, plan.zones)
        )
    yield from checks_of_account_rules(plan, session)
    yield Check("Lambda concurrency", lambda: check_concurrency(session.client("lambda")))
    yield Check(
        "earlier stack",
        lambda: check_leftovers(session, plan.stack, plan.template, account_number),
    )


def checks_of_account_rules(plan: Plan, session: boto3.Session) -> Iterator[Check]:
    """Yield the checks of switches that an organization may demand."""
    config, ec2 = plan.config, session.client("ec2")
    if config.network != "public":
        quotas = session.client("service-quotas")
        yield Check("endpoints", lambda: check_endpoints(ec2, plan.endpoints, plan.zones))
        yield Check("internet", lambda: check_internet(ec2, quotas, config))
    if boundary := config.permissions_boundary:
        iam = session.client("iam")
        yield Check("permissions boundary", lambda: check_boundary(iam, boundary, plan.actions))


def account() -> Iterator[Finding]:
    session = session_of_this_shell()
    # GetCallerIdentity gives the same answer in every region.
    sts = session.client("sts", region_name=session.region_name or "us-east-1")
    return check_account(sts, session.region_name)


def session_of_this_shell() -> boto3.Session:
    """Return a session that uses AWS_REGION, as CDK and our client do; boto3 ignores it."""
    return boto3.Session(region_name=load(AwsSettings).region)
