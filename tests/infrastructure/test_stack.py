"""The rest of the template: permissions, names, logs, the webhook."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from cdk_app.local.synthesis import ROOT
from infrastructure.templates import EVERYTHING, OTHER_VALUES, queue, resources, uploads_bucket
from lifestream.domain.job_ended import JobEnded
from lifestream.step_names import Step

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

    Synthesize = Callable[..., Template]


def test_everything_refuses_connections_without_tls(template: Template) -> None:
    policies = [
        *resources(template, "AWS::S3::BucketPolicy"),
        *resources(template, "AWS::SQS::QueuePolicy"),
    ]

    denied = [
        statement
        for policy in policies
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    ]

    assert len(denied) == 4


def test_index_settings_reach_the_function(synthesize: Synthesize) -> None:
    from aws_cdk.assertions import Match

    template = synthesize(**OTHER_VALUES)

    template.has_resource_properties(
        "AWS::Lambda::Function",
        {
            "Handler": "steps.index_transcript.handler",
            "Environment": {"Variables": Match.object_like({"PINECONE_NAMESPACE": "prod"})},
        },
    )
    with pytest.raises(SystemExit, match="unknown settings: PINECONE_SPACE"):
        synthesize(index='{"PINECONE_SPACE": "prod"}')


def test_a_webhook_exists_only_if_configured(synthesize: Synthesize, template: Template) -> None:
    from aws_cdk.assertions import Match

    wanted = synthesize(**EVERYTHING)

    template.resource_properties_count_is(
        "AWS::Lambda::Function", {"Handler": "triggers.webhook.handler"}, 0
    )
    wanted.has_resource_properties(
        "AWS::Lambda::Function",
        {
            "Handler": "triggers.webhook.handler",
            "Environment": {"Variables": {"WEBHOOK_URL": EVERYTHING["webhook_url"]}},
        },
    )
    wanted.has_resource_properties(
        "AWS::Events::Rule",
        {"EventPattern": {"source": ["lifestream"], "detail-type": ["Job Ended"]}},
    )
    wanted.has_resource_properties(
        "AWS::Lambda::EventInvokeConfig",
        {"MaximumRetryAttempts": 2, "DestinationConfig": {"OnFailure": Match.any_value()}},
    )


def test_a_stage_posts_no_event_of_another_stage(synthesize: Synthesize) -> None:
    """All stages share the account's default bus; the job's bucket distinguishes them."""
    template = synthesize(**EVERYTHING)
    bucket, _ = uploads_bucket(template)
    [rule] = [
        rule
        for rule in resources(template, "AWS::Events::Rule")
        if rule.get("EventPattern", {}).get("source") == ["lifestream"]
    ]

    assert "bucket" in JobEnded.model_fields
    assert rule["EventPattern"]["detail"] == {"bucket": [{"Ref": bucket}]}


@pytest.mark.parametrize("url", ["http://example.com/", "https://user@example.com/", "example.com"])
def test_a_webhook_that_is_not_https_is_refused(synthesize: Synthesize, url: str) -> None:
    with pytest.raises(SystemExit, match="webhook_url"):
        synthesize(webhook_url=url)


LONGEST_REGION = "ap-northeast-1"


def test_cloudfront_names_are_unique_in_an_account(synthesize: Synthesize) -> None:
    """CloudFront has no regions, so the same stage in two regions needs different names."""
    template = synthesize(stage="prod").to_json()["Resources"].values()
    configurations = [
        resource["Properties"].get(configuration, resource["Properties"])
        for resource in template
        for kind, configuration in CLOUDFRONT_NAMES.items()
        if resource["Type"] == f"AWS::CloudFront::{kind}"
    ]

    assert len(configurations) == 4
    for configuration in configurations:
        assert {"Ref": "AWS::Region"} in configuration["Name"]["Fn::Join"][1]


CLOUDFRONT_NAMES = {
    "Function": "",
    "OriginAccessControl": "OriginAccessControlConfig",
    "ResponseHeadersPolicy": "ResponseHeadersPolicyConfig",
}
"""Kinds of resources, and which of their properties has the name."""


def test_the_same_stage_fits_into_two_regions_of_an_account(synthesize: Synthesize) -> None:
    """IAM names are unique per account, and ECS may pass only roles named `ecsInstanceRole*`."""
    template = synthesize(stage="prod").to_json()
    names = [
        resource["Properties"][name]
        for resource in template["Resources"].values()
        for name in ("RoleName", "InstanceProfileName")
        if resource["Type"] in {"AWS::IAM::Role", "AWS::IAM::InstanceProfile"}
        and name in resource["Properties"]
    ]

    assert len(names) == 2
    for name in names:
        in_region = "".join(
            LONGEST_REGION if part == {"Ref": "AWS::Region"} else part
            for part in name["Fn::Join"][1]
        )
        assert in_region == f"ecsInstanceRole-LifeStream-prod-{LONGEST_REGION}"
        assert len(in_region) <= 64


def test_nothing_but_the_queues_has_a_name_of_its_own(synthesize: Synthesize) -> None:
    """A fixed name that exists already fails a deployment. Only README's two queues have one."""
    named = {
        name
        for resource in synthesize(stage="prod").to_json()["Resources"].values()
        for name in NAMES_OF.get(resource["Type"], ())
        if name in resource.get("Properties", {})
    }

    assert named == {"QueueName"}


NAMES_OF = {
    "AWS::S3::Bucket": ["BucketName"],
    "AWS::SQS::Queue": ["QueueName"],
    "AWS::DynamoDB::Table": ["TableName"],
    "AWS::SecretsManager::Secret": ["Name"],
    "AWS::Logs::LogGroup": ["LogGroupName"],
    "AWS::Lambda::Function": ["FunctionName"],
    "AWS::StepFunctions::StateMachine": ["StateMachineName"],
    "AWS::ECS::Cluster": ["ClusterName"],
    "AWS::ECS::CapacityProvider": ["Name"],
    "AWS::Events::Rule": ["Name"],
    "AWS::CloudWatch::Alarm": ["AlarmName"],
    "AWS::Cognito::UserPool": ["UserPoolName"],
}


def test_there_is_no_nat_gateway_and_no_inbound_rule(template: Template) -> None:
    template.resource_count_is("AWS::EC2::NatGateway", 0)
    for group in resources(template, "AWS::EC2::SecurityGroup"):
        assert "SecurityGroupIngress" not in group


@pytest.mark.parametrize(("stage", "days"), [("dev", 7), ("prod", 90)])
def test_logs_are_kept_for_a_week_in_dev_and_for_a_quarter_in_prod(
    synthesize: Synthesize, stage: str, days: int
) -> None:
    groups = resources(synthesize(stage=stage), "AWS::Logs::LogGroup")

    assert {group["RetentionInDays"] for group in groups} == {days}


def test_jobs_cost_nothing_while_idle_and_can_be_restored(template: Template) -> None:
    template.has_resource_properties(
        "AWS::DynamoDB::Table",
        {
            "BillingMode": "PAY_PER_REQUEST",
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        },
    )


def test_one_secret_holds_the_keys_and_no_function_has_one(template: Template) -> None:
    secrets = resources(template, "AWS::SecretsManager::Secret")
    [secret] = [one for one in secrets if "SecretStringTemplate" in one["GenerateSecretString"]]
    names = json.loads(secret["GenerateSecretString"]["SecretStringTemplate"])
    variables = {
        name
        for function in resources(template, "AWS::Lambda::Function")
        for name in function["Environment"]["Variables"]
    }

    keys = {"OPENAI_API_KEY", "HUGGINGFACE_TOKEN", "PINECONE_API_KEY", "WEBHOOK_SECRET"}
    assert names == dict.fromkeys(keys, "")
    assert not variables & set(names)


def test_every_step_has_its_file_its_handler_and_its_construct(template: Template) -> None:
    functions = template.find_resources("AWS::Lambda::Function")
    handlers = {f["Properties"]["Handler"]: name for name, f in functions.items()}

    for step in set(Step) - {Step.TRANSCRIBE_SPEECH}:
        assert (ROOT / "lambdas" / "steps" / f"{step.module_name}.py").is_file()
        assert handlers[f"steps.{step.module_name}.handler"].startswith(step)
    assert (ROOT / "containers" / Step.TRANSCRIBE_SPEECH.module_name / "main.py").is_file()


def test_no_step_may_do_everything_anywhere(template: Template) -> None:
    for policy in resources(template, "AWS::IAM::Policy"):
        for statement in policy["PolicyDocument"]["Statement"]:
            for action in listed(statement["Action"]):
                assert action != "*"
                assert not action.endswith(":*")


def test_a_step_writes_only_its_own_artifacts(template: Template) -> None:
    """According to the policies, a step cannot put objects under another step's prefix."""
    for name, policy in template.find_resources("AWS::IAM::Policy").items():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            if "s3:PutObject" not in statement["Action"]:
                continue
            text = json.dumps(statement["Resource"])
            own = next((step for step in Step if name.startswith(step)), None)
            others = [step for step in Step if step != own]
            assert not any(f"jobs/*/{step}/" in text for step in others)


LISTING = {"s3:ListBucket", "s3:ListBucketVersions"}
"""Not ListBucketMultipartUploads, which knows no condition and lists what nobody can read yet."""


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_no_role_may_list_the_whole_bucket(template: Template) -> None:
    """Only the API, which knows every job anyway, and the eraser may list the artifacts and results
    of all."""
    for name, policy in template.find_resources("AWS::IAM::Policy").items():
        may_list_all = name.startswith(("ApiFunction", "ErasureFunction"))
        of_all_jobs = [] if may_list_all else ["jobs/*", "results/*"]
        too_much = ["*", *of_all_jobs]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            if LISTING & set(listed(statement["Action"])):
                [(operator, names)] = statement["Condition"].items()
                assert operator == "StringLike"
                assert not [p for p in listed(names["s3:prefix"]) if p in too_much]


def test_prod_keeps_its_data_except_after_a_failed_first_deployment(
    synthesize: Synthesize,
) -> None:
    """With RetainExceptOnCreate, a failed first deployment deletes its resources.

    Otherwise, the next one would fail with "already exists".
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    """
    kept = {
        (resource["Type"], resource["DeletionPolicy"], resource["UpdateReplacePolicy"])
        for resource in synthesize(stage="prod").to_json()["Resources"].values()
        if resource.get("DeletionPolicy", "Delete") != "Delete"
    }

    with_data = ("S3::Bucket", "SQS::Queue", "DynamoDB::Table", "SecretsManager::Secret",
                 "Cognito::UserPool")  # fmt: skip
    assert kept == {(f"AWS::{kind}", "RetainExceptOnCreate", "Retain") for kind in with_data}
    queue(synthesize(stage="prod"), "lifestream-video-processing-prod")


def test_an_unknown_switch_value_is_named(synthesize: Synthesize) -> None:
    with pytest.raises(SystemExit, match="-c compute"):
        synthesize(compute="tpu")


def test_zips_hold_one_copy_of_the_source(template: Template) -> None:
    """Functions with the same requirements share a zip, so there are five zips."""
    keys = {f["Code"]["S3Key"] for f in resources(template, "AWS::Lambda::Function")}

    assert len(keys) == 5
