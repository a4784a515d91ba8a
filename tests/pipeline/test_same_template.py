"""The local stack runs the template that is synthesized for AWS."""

from __future__ import annotations

import json
import os
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from cdk_app.local.synthesis import synthesize
from local_stack import Pipeline


def test_the_executed_state_machine_is_the_synthesized_one_byte_for_byte(
    pipeline: Pipeline,
) -> None:
    template = synthesize().template
    [machine] = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::StepFunctions::StateMachine"
    ]
    resolved = _deployed(pipeline) | {"AWS::Partition": {"Ref": "aws"}}

    executed = pipeline.step_functions.describe_state_machine(
        stateMachineArn=pipeline.aws.outputs["StateMachineArn"]
    )["definition"]

    parts = machine["DefinitionString"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else _resolve(part, resolved) for part in parts)
    assert executed == text
    assert json.loads(executed)["StartAt"] == "InspectVideo"


def test_every_resource_of_the_template_was_deployed(pipeline: Pipeline) -> None:
    wanted = set(synthesize().template["Resources"])

    assert wanted == set(_deployed(pipeline))


def test_a_range_of_a_version_is_that_range(pipeline: Pipeline) -> None:
    """Every step that reads a video relies on this."""
    body = os.urandom(3 << 20)
    version = pipeline.s3.put_object(Bucket=pipeline.bucket, Key="ranges", Body=body)["VersionId"]
    pipeline.s3.put_object(Bucket=pipeline.bucket, Key="ranges", Body=b"newer")
    of_the_first = {"Bucket": pipeline.bucket, "Key": "ranges", "VersionId": version}

    answer = pipeline.s3.get_object(**of_the_first, Range=f"bytes={2 << 20}-{(2 << 20) + 99}")

    assert answer["Body"].read() == body[2 << 20 : (2 << 20) + 100]
    assert answer["ContentRange"] == f"bytes {2 << 20}-{(2 << 20) + 99}/{len(body)}"
    with pytest.raises(ClientError, match="InvalidRange"):
        pipeline.s3.get_object(**of_the_first, Range=f"bytes={3 << 20}-")


def _deployed(pipeline: Pipeline) -> dict[str, dict[str, str]]:
    """Return logical id → values of Ref and GetAtt, from CloudFormation and the services."""
    session = pipeline.aws.session()
    found = session.client("cloudformation").describe_stack_resources(StackName="LifeStream-dev")
    functions = session.client("lambda")
    resolved: dict[str, dict[str, str]] = {}
    for resource in found["StackResources"]:
        physical = resource["PhysicalResourceId"]
        resolved[resource["LogicalResourceId"]] = {"Ref": physical}
        if resource["ResourceType"] == "AWS::Lambda::Function":
            described = functions.get_function(FunctionName=physical)["Configuration"]
            resolved[resource["LogicalResourceId"]]["Arn"] = described["FunctionArn"]
        if resource["ResourceType"] == "AWS::ECS::Cluster":
            clusters = session.client("ecs").describe_clusters(clusters=[physical])["clusters"]
            resolved[resource["LogicalResourceId"]]["Arn"] = clusters[0]["clusterArn"]
    return resolved


def _resolve(part: dict[str, Any], resolved: dict[str, dict[str, str]]) -> str:
    if "Ref" in part:
        return resolved[part["Ref"]]["Ref"]
    logical_id, attribute = part["Fn::GetAtt"]
    return resolved[logical_id][attribute]


def test_the_permissions_of_the_template_hold_here(pipeline: Pipeline) -> None:
    """The role of PublishResults can write the job's results and nothing else."""
    session = pipeline.aws.session()
    role = next(
        role["Arn"]
        for role in session.client("iam").list_roles()["Roles"]
        if "PublishResultsFunctionServiceRole" in role["RoleName"]
    )
    assumed = session.client("sts").assume_role(RoleArn=role, RoleSessionName="test")
    keys = assumed["Credentials"]
    s3 = boto3.client(
        "s3",
        endpoint_url=pipeline.aws.endpoint,
        region_name="us-east-1",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )

    s3.put_object(Bucket=pipeline.bucket, Key="results/allowed.txt", Body=b"")
    for key in ("uploads/not.txt", "jobs/x/TranscribeSpeech/not.json", "index/not.json"):
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.put_object(Bucket=pipeline.bucket, Key=key, Body=b"")
