"""Remove permissions from roles, and make clients with the permissions of a role."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest

from lifestream import resources
from local_stack import Pipeline
from pipeline.grants import role_of

TRUST = {"Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}}
Policy = dict[str, Any]


@contextmanager
def without(pipeline: Pipeline, role: str, names: Collection[str]) -> Iterator[None]:
    """Remove the role's permissions on resources with a name in their ARN, for one block."""
    iam = pipeline.aws.session().client("iam")
    policies: dict[str, Any] = {
        name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    }
    try:
        for name, policy in policies.items():
            _put(iam, role, name, _narrowed(policy, names))
        yield
    finally:
        for name, policy in policies.items():
            _put(iam, role, name, policy)


@contextmanager
def s3_of_a_role(pipeline: Pipeline, actions: list[str]) -> Iterator[Any]:
    """Return a client that may perform only this action, on all resources."""
    with _role(pipeline, [{"Effect": "Allow", "Action": actions, "Resource": "*"}]) as arn:
        yield client_as(pipeline, "s3", arn)


@contextmanager
def client_like(pipeline: Pipeline, service: str, role: str) -> Iterator[Any]:
    """Return a client with the permissions of one of the deployment's roles."""
    iam = pipeline.aws.session().client("iam")
    policies: list[Any] = [
        iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    ]
    statements = [statement for policy in policies for statement in policy["Statement"]]
    with _role(pipeline, statements) as arn:
        yield client_as(pipeline, service, arn)


@contextmanager
def as_function(session: Any, function: str) -> Iterator[None]:
    """Let clients that are made in the block have the role of a deployed function."""
    role = role_of(session, function)
    assumed = session.client("sts").assume_role(RoleArn=role, RoleSessionName="test")
    keys = assumed["Credentials"]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
        environment.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
        environment.setenv("AWS_SESSION_TOKEN", keys["SessionToken"])
        resources.reset()
        yield
    resources.reset()


def client_as(pipeline: Pipeline, service: str, role_arn: str) -> Any:
    sts = pipeline.aws.session().client("sts")
    keys = sts.assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
    session: Any = boto3.Session()  # its stubs know services by literal
    return session.client(
        service,
        endpoint_url=pipeline.aws.endpoint,
        region_name="us-east-1",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


@contextmanager
def _role(pipeline: Pipeline, statements: list[Policy]) -> Iterator[str]:
    """Create a role that any principal may assume, and return its ARN."""
    iam, name = pipeline.aws.session().client("iam"), "scratch"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    _put(iam, name, "may", {"Statement": statements})
    try:
        yield str(role["Arn"])
    finally:
        iam.delete_role_policy(RoleName=name, PolicyName="may")
        iam.delete_role(RoleName=name)


def _narrowed(policy: Policy, names: Collection[str]) -> Policy:
    statements = [
        statement | {"Resource": [arn for arn in arns if not any(name in arn for name in names)]}
        for statement in policy["Statement"]
        for arns in [_listed(statement["Resource"])]
    ]
    return policy | {"Statement": [each for each in statements if each["Resource"]]}


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _put(iam: Any, role: str, name: str, policy: Policy) -> None:
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))
