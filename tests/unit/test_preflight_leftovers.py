"""`make preflight` checks earlier stacks and tools, and rejects bad input."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from aws_answers import Session, refusing_aws, stubbed
from cdk_app.config import Config
from cdk_app.preflight.command import app
from cdk_app.preflight.leftovers import check_leftovers, finding_for, taken_names
from cdk_app.preflight.tools import check_docker, check_node, check_python
from conftest import our_session
from lifestream.client.doctor.findings import Finding, Verdict

GPU_TYPES = ("g6.xlarge", "g5.xlarge")
GPU, CPU = Config(), Config(compute="cpu")
OK, WARNING, FAILED, FIXED = Verdict.OK, Verdict.WARNING, Verdict.FAILED, Verdict.FIXED


def verdicts(findings: Iterator[Finding]) -> list[Verdict]:
    return [finding.verdict for finding in findings]


@pytest.mark.parametrize(
    ("status", "verdict", "advice"),
    [
        (None, OK, ""),
        ("CREATE_COMPLETE", OK, ""),
        ("UPDATE_ROLLBACK_COMPLETE", OK, ""),
        ("ROLLBACK_COMPLETE", WARNING, "`make deploy` deletes it first"),
        ("UPDATE_IN_PROGRESS", FAILED, "Wait until that has ended"),
        ("DELETE_FAILED", FAILED, "aws cloudformation delete-stack --stack-name LifeStream-dev"),
        ("UPDATE_ROLLBACK_FAILED", FAILED, "continue-update-rollback"),
    ],
)
def test_the_state_of_an_earlier_stack_is_judged(
    status: str | None, verdict: Verdict, advice: str
) -> None:
    finding = finding_for("LifeStream-dev", status)

    assert finding.verdict is verdict
    assert advice in finding.advice
    assert (status or "none") in finding.detail


TEMPLATE: Mapping[str, Any] = {
    "Resources": {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "ingest"}},
        "Unnamed": {"Type": "AWS::SQS::Queue", "Properties": {}},
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "videos"}},
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "jobs"}},
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/lifestream"}},
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"RoleName": {"Fn::Join": ["-", ["role", {"Ref": "AWS::Region"}]]}},
        },
        "Later": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Queue"}}},
    }
}
PSEUDO = {"AWS::Region": "us-east-1"}


@pytest.mark.usefixtures("aws")
def test_names_that_are_taken_are_named() -> None:
    """The fixture has a queue, a bucket and a table with these names."""
    session = our_session()
    session.client("logs").create_log_group(logGroupName="/lifestream")
    session.client("iam").create_role(RoleName="role-us-east-1", AssumeRolePolicyDocument="{}")

    findings = list(taken_names(session, TEMPLATE, PSEUDO))

    assert [finding.verdict for finding in findings] == [FAILED] * 5
    said = " ".join(finding.detail for finding in findings)
    for name in ("Queue ingest", "Bucket videos", "Table jobs", "/lifestream", "role-us-east-1"):
        assert name in said
    assert all("Delete it if you don't need its contents" in f.advice for f in findings)


@pytest.mark.usefixtures("aws")
def test_names_that_are_free_are_fine() -> None:
    renamed = json.loads(json.dumps(TEMPLATE).replace("ingest", "a").replace("videos", "bbb"))
    renamed["Resources"]["Table"]["Properties"]["TableName"] = "other"

    [finding] = taken_names(our_session(), renamed, PSEUDO)

    assert (finding.verdict, finding.detail) == (OK, "5 fixed names, none of them taken")


def stack_with(status: str) -> tuple[str, dict[str, Any]]:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html"""
    stack = {
        "StackName": "LifeStream-dev",
        "StackStatus": status,
        "CreationTime": "2026-11-24T00:00:00Z",
    }
    return "describe_stacks", {"Stacks": [stack]}


@pytest.mark.usefixtures("aws")
def test_leftovers_of_a_failed_creation_are_reported() -> None:
    for answer, verdict in (
        (stack_with("ROLLBACK_COMPLETE"), WARNING),
        (("describe_stacks", {"Error": "ValidationError"}), OK),
    ):
        session: Any = Session({"cloudformation": stubbed("cloudformation", answer)})
        first, *rest = check_leftovers(session, "LifeStream-dev", TEMPLATE, "123456789012")
        assert first.verdict is verdict
        assert "Queue ingest is taken" in rest[0].detail


def test_a_deployed_stack_has_its_names() -> None:
    answer = stack_with("UPDATE_COMPLETE")
    session: Any = Session({"cloudformation": stubbed("cloudformation", answer)})

    [finding] = check_leftovers(session, "LifeStream-dev", TEMPLATE, "123456789012")

    assert finding.verdict is OK


def test_another_error_of_cloudformation_is_not_taken_for_a_missing_stack() -> None:
    answer = ("describe_stacks", {"Error": "AccessDenied"})
    session: Any = Session({"cloudformation": stubbed("cloudformation", answer)})

    with pytest.raises(ClientError):
        list(check_leftovers(session, "LifeStream-dev", TEMPLATE, "123456789012"))


def program(folder: Path, name: str, output: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{output}\nEND\n")
    path.chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Provide these programs and what a shell script needs, and no others."""
    (tmp_path / "cat").symlink_to("/bin/cat")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CDK_DOCKER", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("output", "verdict"), [("v22.11.0", OK), ("v18.20.4", FAILED), (None, FAILED)]
)
def test_node_has_to_be_new_enough(programs: Path, output: str | None, verdict: Verdict) -> None:
    if output:
        program(programs, "node", output)

    assert verdicts(check_node()) == [verdict]


# As Docker 28 prints it, with and without a running engine.
CLIENT = '{"Client":{"Version":"28.2.2","ApiVersion":"1.50"},"Server":null}'
BOTH = '{"Client":{"Version":"28.2.2"},"Server":{"Version":"28.2.1","ApiVersion":"1.50"}}'


@pytest.mark.parametrize(
    ("output", "verdict", "says"),
    [
        (BOTH, OK, "client 28.2.2, engine 28.2.1"),
        (CLIENT, FAILED, "but its engine does not answer"),
        (None, FAILED, "docker was not found"),
    ],
)
def test_docker_needs_its_engine(
    programs: Path, output: str | None, verdict: Verdict, says: str
) -> None:
    if output:
        program(programs, "docker", output)

    [finding] = check_docker()

    assert (finding.verdict, says in finding.detail) == (verdict, True)


def test_another_builder_may_be_named(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(programs, "finch", BOTH)
    monkeypatch.setenv("CDK_DOCKER", "finch")

    assert verdicts(check_docker()) == [OK]


def test_python_has_to_be_new_enough() -> None:
    assert verdicts(check_python((3, 11, 7))) == [OK]
    assert verdicts(check_python((3, 10, 1))) == [FAILED]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Simulate a shell without AWS settings."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return monkeypatch


def typed(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


@pytest.mark.usefixtures("shell")
def test_without_credentials_one_line_says_what_is_missing() -> None:
    code, said = typed("--environment")

    assert code == 1
    assert len(said.splitlines()) == 1
    assert "account: there are no AWS credentials" in said


def test_a_profile_that_does_not_exist_is_named(shell: pytest.MonkeyPatch) -> None:
    shell.setenv("AWS_PROFILE", "nobody")

    code, said = typed("--environment")

    assert (code, "The config profile (nobody) could not be found" in said) == (1, True)


@pytest.mark.parametrize("asked", [[], ["--environment"]])
def test_expired_credentials_are_one_line(shell: pytest.MonkeyPatch, asked: list[str]) -> None:
    shell.setenv("AWS_ACCESS_KEY_ID", "ASIA")
    shell.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    message = "The security token included in the request is expired"
    with refusing_aws("ExpiredToken", message, status=403) as address:
        shell.setenv("AWS_ENDPOINT_URL", address)
        code, said = typed(*asked)

    assert code == 1
    [line] = [line for line in said.splitlines() if "account:" in line]
    assert "the AWS credentials have expired (ExpiredToken)" in line
    assert "Traceback" not in said


@pytest.mark.usefixtures("aws")
def test_the_environment_to_bootstrap_is_printed() -> None:
    assert typed("--environment") == (0, "aws://123456789012/us-east-1\n")


def test_a_switch_without_a_value_is_refused() -> None:
    code, said = typed("-c", "spot")

    assert (code, "-c expects name=value, not spot" in said) == (2, True)
