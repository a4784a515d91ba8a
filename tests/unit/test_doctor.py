"""`lifestream doctor` checks the secret and the settings, and reports its findings."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from aws_answers import Session, refusing_aws, stubbed
from conftest import BUCKET, JOBS, Aws, our_session
from deployed_stage import settings_of, stage_of
from lifestream.aws import clients
from lifestream.client.commands import app
from lifestream.client.commands.terminal import console
from lifestream.client.doctor.deployed import DeployedStage, check_secret
from lifestream.client.doctor.findings import Check, Finding, Verdict, examine
from lifestream.client.doctor.report import report
from lifestream.errors import ConfigurationError
from lifestream.settings import (
    DoctorSettings,
)

OK, NOTE, WARNING, FAILED = Verdict.OK, Verdict.NOTE, Verdict.WARNING, Verdict.FAILED


@pytest.fixture
def settings(aws: Aws) -> DoctorSettings:
    return settings_of(aws)


def store(text: str) -> None:
    our_session().client("secretsmanager").create_secret(Name="keys", SecretString=text)


@pytest.mark.parametrize(
    ("stored", "says"),
    [
        ({"OPENAI_API_KEY": "sk-1", "PINECONE_API_KEY": ""}, [(OK, "holds OPENAI_API_KEY")]),
        ({"OPENAI_API_KEY": "", "unused": "x"}, [(NOTE, "holds no key yet: keys")]),
        (
            {"OPENAI_API_KEY": "sk-1", "PINECONE_KEY": "pc"},
            [(OK, "holds OPENAI_API_KEY"), (WARNING, "unknown names: PINECONE_KEY")],
        ),
    ],
)
def test_the_secret_is_read_by_name(
    settings: DoctorSettings, stored: dict[str, str], says: list[tuple[Verdict, str]]
) -> None:
    store(json.dumps(stored))

    assert [(f.verdict, f.detail) for f in check_secret(stage_of(settings))] == says


def test_keys_in_the_local_environment_are_not_the_deployments(
    settings: DoctorSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    store("{}")

    assert stage_of(settings).keys.openai_api_key is None


@pytest.mark.parametrize("text", ["sk-proj-1234", '["sk"]'])
def test_a_secret_that_is_no_object_is_named(settings: DoctorSettings, text: str) -> None:
    store(text)
    stage = stage_of(settings)

    [finding] = examine([Check("secret", lambda: check_secret(stage))])

    assert (finding.verdict, "holds no JSON object" in finding.detail) == (FAILED, True)
    assert text not in finding.detail


def test_settings_are_those_of_the_functions(settings: DoctorSettings) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html"""
    resources = [
        {
            "LogicalResourceId": f"{step}FunctionABC",
            "PhysicalResourceId": f"LifeStream-dev-{step}",
            "ResourceType": "AWS::Lambda::Function",
            "LastUpdatedTimestamp": "2026-11-24T00:00:00Z",
            "ResourceStatus": "CREATE_COMPLETE",
        }
        for step in ("InspectVideo", "SummarizeTranscript", "IndexTranscript")
    ]
    listed = ("list_stack_resources", {"StackResourceSummaries": resources})
    variables = {"PINECONE_INDEX_NAME": "ours", "JOBS_TABLE_NAME": "jobs"}
    configured = ("get_function_configuration", {"Environment": {"Variables": variables}})
    session: Any = Session(
        {
            "cloudformation": stubbed("cloudformation", listed),
            "lambda": stubbed("lambda", configured),
        }
    )

    index = DeployedStage("dev", settings, session).index

    assert (index.pinecone_index_name, index.embedding_model) == ("ours", "text-embedding-3-small")


def test_the_exit_code_is_1_if_anything_failed(capsys: pytest.CaptureFixture[str]) -> None:
    good = Finding(what="a", verdict=WARNING, detail="so so", advice="look")
    bad = Finding(what="b", verdict=FAILED, detail="\x1b[2Jbad", advice="mend it")

    assert report([good], console, as_json=True) == 0
    assert report([good, bad], console, as_json=True) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1] == bad.model_dump(mode="json")
    assert report([good, bad], console, as_json=False) == 1
    said = capsys.readouterr().out
    assert "bad. mend it" in said
    assert "\x1b[2J" not in said


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Simulate a shell with credentials, but without settings of a deployment."""
    for name in ("AWS_S3_BUCKET_NAME", "AWS_SQS_QUEUE_URL", "AWS_SQS_DLQ_URL", "JOBS_TABLE_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    return monkeypatch


@pytest.mark.parametrize("command", [["doctor"], ["models"], ["list"]])
@pytest.mark.parametrize(
    ("code", "message", "says"),
    [
        (
            "ValidationError",
            "Stack with id LifeStream-prod does not exist",
            "there is no stack LifeStream-prod in eu-central-1. Deploy it there",
        ),
        ("ExpiredToken", "The security token is expired", "the AWS credentials have expired"),
        ("InvalidClientTokenId", "The token is invalid", "AWS rejects these credentials"),
    ],
)
def test_a_stage_that_cannot_be_read_is_one_line(
    shell: pytest.MonkeyPatch, command: list[str], code: str, message: str, says: str
) -> None:
    with refusing_aws(code, message, status=400) as address:
        shell.setenv("AWS_ENDPOINT_URL", address)
        result = CliRunner().invoke(app, [*command, "--stage", "prod"])

    assert result.exit_code == 1
    assert says in result.output
    assert "redrive" not in result.output
    assert "Traceback" not in result.output


def test_a_stack_of_an_older_version_is_reported(shell: pytest.MonkeyPatch) -> None:
    outputs = [{"OutputKey": "AwsS3BucketName", "OutputValue": "videos"}]
    stack = {
        "StackName": "LifeStream-dev",
        "CreationTime": "2026-11-24T00:00:00Z",
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": outputs,
    }
    client = stubbed("cloudformation", ("describe_stacks", {"Stacks": [stack]}))
    shell.setattr(clients, "cloud_formation", lambda: client)

    result = CliRunner().invoke(app, ["doctor"])

    assert result.exit_code == 1
    assert "has no output for AWS_SQS_DLQ_URL" in result.output
    assert "make deploy STAGE=dev" in result.output
    assert ConfigurationError.advice not in result.output


def test_the_hub_s_package_is_named_when_it_is_missing(aws: Aws, shell: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_S3_BUCKET_NAME": BUCKET,
        "AWS_SQS_QUEUE_URL": aws.queue_url,
        "AWS_SQS_DLQ_URL": aws.dlq_url,
        "JOBS_TABLE_NAME": JOBS,
    }.items():
        shell.setenv(name, value)
    shell.setitem(sys.modules, "huggingface_hub", None)

    result = CliRunner().invoke(app, ["models", "tiny"])

    assert result.exit_code == 1
    assert "pip install '.[models]'" in result.output
    assert "redrive" not in result.output
