"""The switches of strict accounts: private network, customer managed key, boundary and tags."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from infrastructure.templates import EVERYTHING, STRICT, all_states, definition, resources
from lifestream.step_names import Step

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

    Synthesize = Callable[..., Template]

STRICT_GPU = EVERYTHING | STRICT
STRICT_CPU = {"compute": "cpu", "network": "private", "kms": "customer"}
WITH_DATA = {
    "AWS::SQS::Queue": "KmsMasterKeyId",
    "AWS::SNS::Topic": "KmsMasterKeyId",
    "AWS::SecretsManager::Secret": "KmsKeyId",
    "AWS::Logs::LogGroup": "KmsKeyId",
    "AWS::DynamoDB::Table": "SSESpecification",
    "AWS::S3::Bucket": "BucketEncryption",
}
WITHOUT_KEY = {
    "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ListBucket",
    "s3:ListBucketMultipartUploads", "s3:ListBucketVersions", "s3:ListMultipartUploadParts",
    "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
}  # fmt: skip
"""Actions that neither read nor write content."""


def test_without_switches_nothing_costs_by_the_hour(template: Template) -> None:
    template.resource_count_is("AWS::KMS::Key", 0)
    template.resource_count_is("AWS::EC2::NatGateway", 0)
    assert not [e for e in resources(template, "AWS::EC2::VPCEndpoint") if is_interface(e)]


def test_a_private_network_has_no_way_to_the_internet(synthesize: Synthesize) -> None:
    template = synthesize(**STRICT_CPU)

    for kind in ("InternetGateway", "NatGateway", "EIP", "Route"):
        template.resource_count_is(f"AWS::EC2::{kind}", 0)
    subnets = resources(template, "AWS::EC2::Subnet")
    assert [net["MapPublicIpOnLaunch"] for net in subnets] == [False, False]
    [flow_log] = resources(template, "AWS::EC2::FlowLog")
    assert flow_log["TrafficType"] == "ALL"
    assert template.to_json()["Outputs"]["TaskPublicIp"]["Value"] == "DISABLED"


def test_the_container_has_no_public_address(synthesize: Synthesize) -> None:
    state = all_states(definition(synthesize(**STRICT_CPU)))[Step.TRANSCRIBE_SPEECH]
    public = all_states(definition(synthesize(compute="cpu")))[Step.TRANSCRIBE_SPEECH]

    assert address_of(state) == "DISABLED"
    assert address_of(public) == "ENABLED"


def address_of(state: dict[str, Any]) -> Any:
    """The default is DISABLED, which CDK leaves out."""
    network = state["Arguments"]["NetworkConfiguration"]["AwsvpcConfiguration"]
    return network.get("AssignPublicIp", "DISABLED")


@pytest.mark.parametrize("switches", [STRICT_CPU, STRICT_GPU], ids=["cpu", "gpu"])
def test_every_service_that_is_called_has_an_endpoint(
    synthesize: Synthesize, switches: dict[str, str]
) -> None:
    template = synthesize(**switches)
    endpoints = resources(template, "AWS::EC2::VPCEndpoint")
    reachable = {e["ServiceName"]["Fn::Join"][1][-1].removeprefix(".") for e in endpoints}
    called = {
        action.partition(":")[0]
        for name, _, action in allowed(template)
        if "FunctionServiceRole" in name or "TaskRole" in name
    }

    assert called - {"kms", "logs", "ec2", "xray"} <= reachable
    assert {"ecr.api", "ecr.dkr", "logs"} <= reachable
    assert ("ecs-agent" in reachable) == (switches["compute"] == "gpu")


def test_endpoints_answer_only_functions_and_containers(synthesize: Synthesize) -> None:
    template = synthesize(**STRICT_CPU)
    groups = template.find_resources("AWS::EC2::SecurityGroup")
    inbound = resources(template, "AWS::EC2::SecurityGroupIngress")

    assert len(groups) == 3
    for group in groups.values():
        assert "SecurityGroupIngress" not in group["Properties"]
        for rule in group["Properties"]["SecurityGroupEgress"]:
            assert rule["CidrIp"] == "255.255.255.255/32" or rule["FromPort"] == 443
    assert {rule["GroupId"]["Fn::GetAtt"][0] for rule in inbound} == {
        name for name in groups if "Endpoints" in name
    }
    assert {rule["SourceSecurityGroupId"]["Fn::GetAtt"][0] for rule in inbound} == {
        name for name in groups if "Endpoints" not in name
    }


def test_an_endpoint_writes_to_no_bucket_of_another_account(synthesize: Synthesize) -> None:
    gateways = [
        endpoint["PolicyDocument"]["Statement"]
        for endpoint in resources(synthesize(**STRICT_CPU), "AWS::EC2::VPCEndpoint")
        if not is_interface(endpoint)
    ]

    assert len(gateways) == 2
    ours = {"StringEquals": {"aws:ResourceAccount": {"Ref": "AWS::AccountId"}}}
    for statement in (statement for gateway in gateways for statement in gateway):
        assert statement.get("Condition") == ours or statement["Action"] == "s3:GetObject"


def test_only_what_calls_vendors_reaches_the_internet(synthesize: Synthesize) -> None:
    template = synthesize(**STRICT_GPU)
    functions = template.find_resources("AWS::Lambda::Function")
    to_internet = {name for name, f in functions.items() if "Vendors" in json.dumps(subnets_of(f))}

    template.resource_count_is("AWS::EC2::NatGateway", 1)
    assert all(subnets_of(function) for function in functions.values())
    assert to_internet == {
        name
        for name, function in functions.items()
        if "API_KEYS_SECRET" in function["Properties"]["Environment"]["Variables"]
    }
    [provider] = resources(template, "AWS::ECS::CapacityProvider")
    hosts = provider["ManagedInstancesProvider"]["InstanceLaunchTemplate"]["NetworkConfiguration"]
    assert "PrivateSubnet" in json.dumps(hosts["Subnets"])
    assert "Vendors" not in json.dumps(hosts["Subnets"])


def subnets_of(function: Mapping[str, Any]) -> Any:
    return function["Properties"].get("VpcConfig", {}).get("SubnetIds")


def test_a_webhook_needs_a_way_out(synthesize: Synthesize) -> None:
    with pytest.raises(SystemExit, match=r"-c network: .*private-with-nat"):
        synthesize(network="private", webhook_url="https://example.com/hook")


@pytest.mark.parametrize("switches", [STRICT_CPU, STRICT_GPU], ids=["cpu", "gpu"])
def test_everything_that_is_stored_is_encrypted_with_the_key(
    synthesize: Synthesize, switches: dict[str, str]
) -> None:
    """S3 delivers access logs only to a bucket with its own encryption."""
    template = synthesize(**switches)
    [key] = template.find_resources("AWS::KMS::Key")
    without = [
        name
        for kind, attribute in WITH_DATA.items()
        for name, resource in template.find_resources(kind).items()
        if key not in json.dumps(resource["Properties"].get(attribute))
    ]

    assert [name for name in without if "AccessLogs" not in name] == []


def test_every_role_may_use_the_key_for_exactly_what_it_does(synthesize: Synthesize) -> None:
    from cdk_app.encryption import NEEDS

    template = synthesize(**STRICT_GPU)
    needed, granted = set(), set()
    for name, statement, action in allowed(template):
        service = action.partition(":")[0]
        if service == "kms":
            via = statement["Condition"]["StringEquals"]["kms:ViaService"]["Fn::Join"][1][0]
            granted.add((name, via.removesuffix("."), action))
        elif service in {"s3", "sqs", "dynamodb", "secretsmanager", "sns"}:
            assert action in NEEDS or action in WITHOUT_KEY
            needed |= {(name, service, use) for use in NEEDS.get(action, ())}

    assert granted == needed


def test_nobody_may_use_the_key_directly(synthesize: Synthesize) -> None:
    [key] = resources(synthesize(**STRICT_GPU), "AWS::KMS::Key")
    statements = key["KeyPolicy"]["Statement"]
    uses = [s for s in statements if {"kms:Decrypt", "kms:CreateGrant"} & set(listed(s["Action"]))]

    assert key["EnableKeyRotation"] is True
    assert not [action for s in statements for action in listed(s["Action"]) if "*" in action]
    conditions = {name for s in uses for test in s["Condition"].values() for name in test}
    assert all(statement["Condition"] for statement in uses)
    assert conditions == {
        "kms:ViaService",
        "kms:GrantIsForAWSResource",
        "kms:EncryptionContext:aws:logs:arn",
        "aws:SourceAccount",
        "aws:SourceArn",
    }


def test_services_that_send_to_a_queue_or_topic_may_use_the_key(synthesize: Synthesize) -> None:
    [key] = resources(synthesize(**STRICT_GPU), "AWS::KMS::Key")
    senders = {
        service
        for statement in key["KeyPolicy"]["Statement"]
        for service in listed(statement["Principal"].get("Service", []))
        if "aws:SourceAccount" in json.dumps(statement.get("Condition"))
    }

    assert senders == {f"{name}.amazonaws.com" for name in ("s3", "events", "cloudwatch")}


@pytest.mark.parametrize("switches", [STRICT_CPU, STRICT_GPU], ids=["cpu", "gpu"])
def test_every_queue_bucket_and_topic_refuses_connections_without_tls(
    synthesize: Synthesize, switches: dict[str, str]
) -> None:
    template = synthesize(**switches)
    policies = [
        json.dumps(policy)
        for kind in ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy")
        for policy in resources(template, kind)
    ]
    refusing = [policy for policy in policies if '"aws:SecureTransport": "false"' in policy]

    for kind in ("AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SNS::Topic"):
        for name in template.find_resources(kind):
            assert any(f'"{name}"' in policy for policy in refusing), name


def test_every_role_has_the_boundary(synthesize: Synthesize) -> None:
    roles = resources(synthesize(**STRICT_GPU), "AWS::IAM::Role")

    assert {role.get("PermissionsBoundary") for role in roles} == {STRICT["permissions_boundary"]}


@pytest.mark.parametrize("arn", ["Boundary", "arn:aws:iam::123:policy/Boundary"])
def test_a_boundary_is_an_arn(synthesize: Synthesize, arn: str) -> None:
    with pytest.raises(SystemExit, match="-c permissions_boundary"):
        synthesize(permissions_boundary=arn)


def test_every_resource_that_can_be_tagged_is_tagged(synthesize: Synthesize) -> None:
    found = synthesize(**STRICT_GPU).to_json()["Resources"]
    untagged = [
        (name, resource["Type"])
        for name, resource in found.items()
        if is_taggable(resource["Type"]) and "CostCenter" not in json.dumps(resource["Properties"])
    ]

    assert untagged == []


def is_taggable(kind: str) -> bool:
    """Ask the schemas of CloudFormation, which cfn-lint has."""
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    return bool(schema.get("tagging", {}).get("taggable", False))


def test_hosts_and_tasks_are_tagged_when_they_start(synthesize: Synthesize) -> None:
    template = synthesize(**STRICT_GPU)
    [provider] = resources(template, "AWS::ECS::CapacityProvider")
    state = all_states(definition(template))[Step.TRANSCRIBE_SPEECH]

    assert provider["ManagedInstancesProvider"]["PropagateTags"] == "CAPACITY_PROVIDER"
    assert provider["Tags"] == [{"Key": "CostCenter", "Value": "1234"}]
    assert state["Arguments"]["PropagateTags"] == "TASK_DEFINITION"
    [tagging] = [s for _, s, action in allowed(template) if action == "ecs:TagResource"]
    assert tagging["Condition"] == {"StringEquals": {"ecs:CreateAction": "RunTask"}}


@pytest.mark.parametrize("tags", ['{"aws:x": "y"}', '{"": "y"}', '{"a": "<b>"}', '["a"]', "a=b"])
def test_tags_that_aws_would_refuse_are_refused(synthesize: Synthesize, tags: str) -> None:
    with pytest.raises(SystemExit, match="-c tags"):
        synthesize(tags=tags)


def is_interface(endpoint: dict[str, Any]) -> bool:
    return bool(endpoint["VpcEndpointType"] == "Interface")


def allowed(template: Template) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield (policy, statement, action) for everything that a policy allows."""
    for name, policy in template.find_resources("AWS::IAM::Policy").items():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                for action in listed(statement["Action"]):
                    yield name, statement, action


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
