"""The rest of the template: queues, notifications, compute, logs, permissions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import cost
import pytest
from aws_cdk.assertions import Match, Template

from cdk_app.container_step import IDLE_HOST_SECONDS
from cdk_app.local.synthesis import ROOT
from infrastructure.conftest import all_states, definition, resources
from lifestream.domain.job_ended import JobEnded
from lifestream.step_names import Step

Synthesize = Callable[..., Template]


def queue(template: Template, name: str) -> dict[str, Any]:
    [found] = [q for q in resources(template, "AWS::SQS::Queue") if q["QueueName"] == name]
    return found


def test_queues_poll_long_and_give_up_after_three_receives(template: Template) -> None:
    ingest = queue(template, "lifestream-video-processing-dev")
    dead = queue(template, "lifestream-video-processing-dlq-dev")

    assert ingest["ReceiveMessageWaitTimeSeconds"] == 20
    assert ingest["RedrivePolicy"]["maxReceiveCount"] == 3
    assert dead["MessageRetentionPeriod"] == 14 * 24 * 3600


@pytest.mark.fault("B5", by="the synthesized limits", so="hidden six times as long as it may take")
def test_a_message_is_hidden_six_times_as_long_as_its_consumer_may_take(
    template: Template,
) -> None:
    [dispatcher] = [
        f for f in resources(template, "AWS::Lambda::Function") if "dispatcher" in f["Handler"]
    ]

    visibility = queue(template, "lifestream-video-processing-dev")["VisibilityTimeout"]

    assert visibility >= 6 * dispatcher["Timeout"]


def test_an_upload_outlasts_three_quarters_of_an_hour_of_throttling(template: Template) -> None:
    """Lambda retries a throttled invocation for the visibility timeout of each receive:
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"""
    ingest = queue(template, "lifestream-video-processing-dev")
    receives = ingest["RedrivePolicy"]["maxReceiveCount"]

    assert receives * ingest["VisibilityTimeout"] >= 45 * 60


def test_the_dispatcher_reports_failures_by_message_and_starts_steadily(
    template: Template,
) -> None:
    template.has_resource_properties(
        "AWS::Lambda::EventSourceMapping",
        {
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "ScalingConfig": {"MaximumConcurrency": 2},
            "BatchSize": 10,
        },
    )


def test_notifications_cover_each_extension_in_both_cases_under_uploads(
    template: Template,
) -> None:
    [bucket] = resources(template, "AWS::S3::Bucket")
    rules = bucket["NotificationConfiguration"]["QueueConfigurations"]

    filters = [{r["Name"]: r["Value"] for r in rule["Filter"]["S3Key"]["Rules"]} for rule in rules]

    assert {rule["Event"] for rule in rules} == {"s3:ObjectCreated:*"}
    assert {f["prefix"] for f in filters} == {"uploads/"}
    assert {f["suffix"] for f in filters} == {
        ".mp4", ".MP4", ".mov", ".MOV", ".avi", ".AVI", ".mkv", ".MKV",
    }  # fmt: skip


def test_the_bucket_is_private_versioned_and_cleans_up(template: Template) -> None:
    template.has_resource_properties(
        "AWS::S3::Bucket",
        {
            "VersioningConfiguration": {"Status": "Enabled"},
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "BucketEncryption": Match.any_value(),
            "LifecycleConfiguration": {
                "Rules": Match.array_with(
                    [Match.object_like({"AbortIncompleteMultipartUpload": Match.any_value()})]
                )
            },
        },
    )


def test_browsers_may_upload_from_the_origins_that_are_named(synthesize: Synthesize) -> None:
    origins = ["https://videos.example.com", "http://localhost:5173"]
    [bucket] = resources(synthesize(browser_origins=json.dumps(origins)), "AWS::S3::Bucket")

    [rule] = bucket["CorsConfiguration"]["CorsRules"]

    assert rule["AllowedOrigins"] == origins
    assert rule["AllowedMethods"] == ["PUT", "POST", "GET", "HEAD"]
    assert rule["AllowedHeaders"] == ["*"]
    assert rule["ExposedHeaders"] == ["ETag"]  # the parts of a multipart upload are named by it


def test_no_browser_may_upload_unless_its_origin_is_named(template: Template) -> None:
    [bucket] = resources(template, "AWS::S3::Bucket")

    assert "CorsConfiguration" not in bucket


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "http://videos.example.com",
        "https://videos.example.com/",
        "https://*.example.com",
        "https://a.example.com/upload",
    ],
)
def test_an_origin_that_is_none_is_refused(synthesize: Synthesize, origin: str) -> None:
    with pytest.raises(SystemExit, match=r"browser_origins: .* is no origin such as") as no:
        synthesize(browser_origins=json.dumps([origin]))

    assert "\n" not in str(no.value)


DAY = 24 * 3600


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_artifacts_and_videos_outlive_the_longest_execution(
    synthesize: Synthesize, stage: str
) -> None:
    """Expiry happens at the end of the day, so one more than the machine may take."""
    template = synthesize(stage=stage)
    machine = definition(template)
    rules = lifecycle(template)

    assert rules["jobs/"]["ExpirationInDays"] * DAY >= machine["TimeoutSeconds"] + DAY
    old_videos = rules["uploads/"]["NoncurrentVersionExpiration"]["NoncurrentDays"]
    assert old_videos * DAY >= machine["TimeoutSeconds"] + DAY


def test_old_versions_of_everything_expire(template: Template) -> None:
    """Who deletes a voice or a video means it; what is overwritten can be had back for a while."""
    rules = lifecycle(template)

    kept = {p: r["NoncurrentVersionExpiration"]["NoncurrentDays"] for p, r in rules.items() if p}
    assert kept == {
        "uploads/": 14, "results/": 14, "index/": 14, "models/": 14, "jobs/": 1, "voices/": 1,
    }  # fmt: skip
    assert {p for p, rule in rules.items() if "ExpirationInDays" in rule} == {"jobs/"}
    assert rules[""]["ExpiredObjectDeleteMarker"] is True
    assert all(rule["Status"] == "Enabled" for rule in rules.values())


def lifecycle(template: Template) -> dict[str, dict[str, Any]]:
    """Prefix → rule."""
    [bucket] = [b for b in resources(template, "AWS::S3::Bucket") if "VersioningConfiguration" in b]
    return {rule.get("Prefix", ""): rule for rule in bucket["LifecycleConfiguration"]["Rules"]}


def test_reads_of_a_bucket_in_prod_are_logged_for_a_quarter(synthesize: Synthesize) -> None:
    template = synthesize(stage="prod")
    logs = {
        name: bucket["Properties"]
        for name, bucket in template.find_resources("AWS::S3::Bucket").items()
        if "VersioningConfiguration" not in bucket["Properties"]
    }

    [(name, properties)] = logs.items()
    template.has_resource_properties(
        "AWS::S3::Bucket", {"LoggingConfiguration": {"DestinationBucketName": {"Ref": name}}}
    )
    [rule] = properties["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == 90


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

    assert len(denied) == 3


def test_what_is_set_for_the_index_reaches_its_step(synthesize: Synthesize) -> None:
    template = synthesize(index='{"PINECONE_NAMESPACE": "prod"}')

    template.has_resource_properties(
        "AWS::Lambda::Function",
        {
            "Handler": "steps.index_transcript.handler",
            "Environment": {"Variables": Match.object_like({"PINECONE_NAMESPACE": "prod"})},
        },
    )
    with pytest.raises(SystemExit, match="no such settings: PINECONE_SPACE"):
        synthesize(index='{"PINECONE_SPACE": "prod"}')


def test_a_webhook_is_there_where_it_is_wanted(synthesize: Synthesize, template: Template) -> None:
    wanted = synthesize(webhook_url="https://example.com/hook")

    template.resource_properties_count_is(
        "AWS::Lambda::Function", {"Handler": "triggers.webhook.handler"}, 0
    )
    wanted.has_resource_properties(
        "AWS::Lambda::Function",
        {
            "Handler": "triggers.webhook.handler",
            "Environment": {"Variables": {"WEBHOOK_URL": "https://example.com/hook"}},
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
    """The default bus is the account's: what tells two stages apart is the bucket of the job."""
    template = synthesize(webhook_url="https://example.com/hook")
    [bucket] = template.find_resources("AWS::S3::Bucket")
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


def test_gpu_means_one_gpu_on_managed_instances_without_a_launch_type(
    synthesize: Synthesize,
) -> None:
    template = synthesize(compute="gpu")
    [task] = resources(template, "AWS::ECS::TaskDefinition")
    state = all_states(definition(template))[Step.TRANSCRIBE_SPEECH]

    [container] = task["ContainerDefinitions"]
    assert container["ResourceRequirements"] == [{"Type": "GPU", "Value": "1"}]
    assert task["RequiresCompatibilities"] == ["MANAGED_INSTANCES"]
    [strategy] = state["Arguments"]["CapacityProviderStrategy"]
    assert strategy["CapacityProvider"].startswith("TranscribeSpeechGpu")
    assert "LaunchType" not in state["Arguments"]
    [provider] = resources(template, "AWS::ECS::CapacityProvider")
    managed = provider["ManagedInstancesProvider"]
    assert managed["InfrastructureOptimization"]["ScaleInAfter"] == 300


def test_the_outputs_name_what_run_task_needs(synthesize: Synthesize) -> None:
    gpu, cpu = (synthesize(compute=compute).to_json()["Outputs"] for compute in ("gpu", "cpu"))

    asked = {
        "ClusterName", "TaskDefinitionArn", "CapacityProvider", "TaskSubnets", "TaskSecurityGroup",
        "Compute", "MaxGpuTasks", "ContainerLogGroup",
    }  # fmt: skip
    assert asked <= gpu.keys() == cpu.keys()
    assert gpu["CapacityProvider"]["Value"]["Ref"].startswith("TranscribeSpeechGpu")
    assert cpu["CapacityProvider"]["Value"] == "FARGATE"
    assert (gpu["Compute"]["Value"], cpu["Compute"]["Value"]) == ("gpu", "cpu")
    separator, subnets = gpu["TaskSubnets"]["Value"]["Fn::Join"]
    assert (separator, len(subnets)) == (",", 2)


def test_cpu_means_fargate_without_a_gpu_or_a_launch_type(synthesize: Synthesize) -> None:
    template = synthesize(compute="cpu")
    [task] = resources(template, "AWS::ECS::TaskDefinition")
    state = all_states(definition(template))[Step.TRANSCRIBE_SPEECH]

    [container] = task["ContainerDefinitions"]
    assert "ResourceRequirements" not in container
    assert task["RequiresCompatibilities"] == ["FARGATE"]
    [strategy] = state["Arguments"]["CapacityProviderStrategy"]
    assert strategy["CapacityProvider"] == "FARGATE"
    assert "LaunchType" not in state["Arguments"]
    assert state["Arguments"]["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"]
    template.resource_count_is("AWS::ECS::CapacityProvider", 0)


def launch_template(template: Template) -> dict[str, Any]:
    [provider] = resources(template, "AWS::ECS::CapacityProvider")
    launch: dict[str, Any] = provider["ManagedInstancesProvider"]["InstanceLaunchTemplate"]
    return launch


def test_spot_is_a_switch(synthesize: Synthesize) -> None:
    launch = launch_template(synthesize(compute="gpu", spot="true"))

    assert launch["CapacityOptionType"] == "SPOT"


OF_AWS = {"g4dn.xlarge": 0.526, "g6.xlarge": 0.8048, "g5.xlarge": 1.006}
"""Dollars an hour on demand, https://aws.amazon.com/ec2/pricing/on-demand/, us-east-1. All have 4
vCPUs, 16 GiB and one GPU: https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html"""


def chosen_from(launch: dict[str, Any]) -> set[str]:
    """AllowedInstanceTypes, then price protection, as EC2 documents them."""
    requirements = launch["InstanceRequirements"]
    allowed = [t for t in OF_AWS if t in requirements["AllowedInstanceTypes"]]
    option = {"ON_DEMAND": "OnDemand", "SPOT": "Spot"}[launch["CapacityOptionType"]]
    over = requirements.get(f"{option}MaxPricePercentageOverLowestPrice", 20)
    limit = min(OF_AWS[t] for t in allowed) * (1 + over / 100)
    return {t for t in allowed if OF_AWS[t] <= limit}


@pytest.mark.parametrize("spot", ["false", "true"])
def test_hosts_have_an_l4_or_an_a10g_and_the_vcpus_of_one_container(
    synthesize: Synthesize, spot: str
) -> None:
    launch = launch_template(synthesize(compute="gpu", spot=spot))
    requirements = launch["InstanceRequirements"]

    assert chosen_from(launch) == {"g6.xlarge", "g5.xlarge"}
    assert requirements["VCpuCount"] == {"Min": 4, "Max": 4}
    assert requirements["MemoryMiB"]["Min"] <= 16 * 1024 <= requirements["MemoryMiB"]["Max"]


def test_the_costs_are_those_of_the_instance_types_that_are_chosen(
    synthesize: Synthesize,
) -> None:
    launch = launch_template(synthesize(compute="gpu"))

    assert set(cost.GPU_HOURS) == chosen_from(launch)
    assert cost.GPU_HOURS.items() <= OF_AWS.items()
    assert cost.IDLE_HOURS * 3600 == IDLE_HOST_SECONDS


def test_every_listed_instance_type_can_be_chosen(synthesize: Synthesize) -> None:
    launch = launch_template(synthesize(gpu_instance_types='["g4dn.xlarge", "g5.xlarge"]'))

    assert chosen_from(launch) == {"g4dn.xlarge", "g5.xlarge"}


@pytest.mark.parametrize(
    ("types", "complaint"),
    [
        ("g6.xlarge", "-c gpu_instance_types: Value error, no JSON: 'g6.xlarge'"),
        ("[]", "-c gpu_instance_types: Tuple should have at least 1 item"),
        ('["g6"]', "'g6' is no type with 4 vCPUs and an NVIDIA GPU, such as g6.xlarge"),
        ('["g6.12xlarge"]', "'g6.12xlarge' is no type with 4 vCPUs"),
        ('["g5g.xlarge"]', "'g5g.xlarge' is no type with 4 vCPUs and an NVIDIA GPU"),
        ('["m7i.xlarge"]', "'m7i.xlarge' is no type with 4 vCPUs and an NVIDIA GPU"),
    ],
)
def test_instance_types_that_no_host_can_have_are_refused(
    synthesize: Synthesize, types: str, complaint: str
) -> None:
    with pytest.raises(SystemExit) as refused:
        synthesize(gpu_instance_types=types)

    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_default_needs_the_quota_of_one_host(synthesize: Synthesize) -> None:
    """A first quota for G and VT instances is four vCPUs."""
    template = synthesize(compute="gpu")

    assert template.to_json()["Outputs"]["MaxGpuTasks"]["Value"] == "1"


LONGEST_REGION = "ap-northeast-1"


def test_the_same_stage_fits_into_two_regions_of_an_account(synthesize: Synthesize) -> None:
    """IAM's names are an account's, and ECS may pass no role but `ecsInstanceRole*`."""
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
    """A name that is taken fails a deployment: README's two queues have theirs by design."""
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
}


def test_there_is_no_nat_gateway_and_no_way_in(template: Template) -> None:
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
    [secret] = resources(template, "AWS::SecretsManager::Secret")
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
            actions = statement["Action"]
            for action in [actions] if isinstance(actions, str) else actions:
                assert action != "*"
                assert not action.endswith(":*")


def test_a_step_writes_only_its_own_artifacts(template: Template) -> None:
    """In the text of the policies: no step may put objects under another step's prefix."""
    for name, policy in template.find_resources("AWS::IAM::Policy").items():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            if "s3:PutObject" not in statement["Action"]:
                continue
            text = json.dumps(statement["Resource"])
            own = next(step for step in Step if name.startswith(step))
            others = [step for step in Step if step != own]
            assert not any(f"jobs/*/{step}/" in text for step in others)


def test_nobody_may_list_the_bucket_as_a_whole(template: Template) -> None:
    for policy in resources(template, "AWS::IAM::Policy"):
        for statement in policy["PolicyDocument"]["Statement"]:
            if "s3:ListBucket" in json.dumps(statement["Action"]):
                [(operator, names)] = statement["Condition"].items()
                prefixes = names["s3:prefix"]
                prefixes = [prefixes] if isinstance(prefixes, str) else prefixes
                assert operator == "StringLike"
                assert not [p for p in prefixes if p in ("*", "jobs/*", "results/*")]


def test_prod_keeps_its_data_and_a_first_create_that_failed_leaves_nothing(
    synthesize: Synthesize,
) -> None:
    """RetainExceptOnCreate: what a rolled-back create retained would block the next one with
    "already exists".
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    """
    kept = {
        (resource["Type"], resource["DeletionPolicy"], resource["UpdateReplacePolicy"])
        for resource in synthesize(stage="prod").to_json()["Resources"].values()
        if resource.get("DeletionPolicy", "Delete") != "Delete"
    }

    with_data = ("S3::Bucket", "SQS::Queue", "DynamoDB::Table", "SecretsManager::Secret")
    assert kept == {(f"AWS::{kind}", "RetainExceptOnCreate", "Retain") for kind in with_data}
    queue(synthesize(stage="prod"), "lifestream-video-processing-prod")


def test_an_unknown_switch_value_is_named(synthesize: Synthesize) -> None:
    with pytest.raises(SystemExit, match="-c compute"):
        synthesize(compute="tpu")


def test_zips_hold_one_copy_of_the_source(template: Template) -> None:
    """Four sets of requirements, so four zips, whatever the number of functions."""
    keys = {f["Code"]["S3Key"] for f in resources(template, "AWS::Lambda::Function")}

    assert len(keys) == 4
