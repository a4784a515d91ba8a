"""The template's bucket and queues: notifications, receives and retention."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from cdk_app.config import Config
from infrastructure.templates import (
    ORIGINS,
    OTHER_VALUES,
    definition,
    queue,
    resources,
    uploads_bucket,
)

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

    Synthesize = Callable[..., Template]

DASHBOARDS = "https://*.cloudfront.net"


def test_queues_poll_long_and_give_up_after_three_receives(template: Template) -> None:
    ingest = queue(template, "lifestream-video-processing-dev")
    dead = queue(template, "lifestream-video-processing-dlq-dev")

    assert ingest["ReceiveMessageWaitTimeSeconds"] == 20
    assert ingest["RedrivePolicy"]["maxReceiveCount"] == 3
    assert dead["MessageRetentionPeriod"] == 14 * 24 * 3600


@pytest.mark.fault(
    "B5",
    by="the limits in the template",
    so="the visibility timeout is at least six times the function's timeout",
)
def test_the_visibility_timeout_is_six_times_the_function_timeout(
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
    _, bucket = uploads_bucket(template)
    rules = bucket["NotificationConfiguration"]["QueueConfigurations"]

    filters = [{r["Name"]: r["Value"] for r in rule["Filter"]["S3Key"]["Rules"]} for rule in rules]

    assert {rule["Event"] for rule in rules} == {"s3:ObjectCreated:*"}
    assert {f["prefix"] for f in filters} == {"uploads/"}
    assert {f["suffix"] for f in filters} == {
        ".mp4", ".MP4", ".m4v", ".M4V", ".mov", ".MOV", ".avi", ".AVI", ".mkv", ".MKV",
        ".webm", ".WEBM", ".m4a", ".M4A", ".mp3", ".MP3", ".aac", ".AAC", ".wav", ".WAV",
        ".flac", ".FLAC", ".ogg", ".OGG", ".opus", ".OPUS",
    }  # fmt: skip


def test_the_bucket_is_private_versioned_and_cleans_up(template: Template) -> None:
    from aws_cdk.assertions import Match

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
    _, bucket = uploads_bucket(synthesize(**OTHER_VALUES))

    [rule] = bucket["CorsConfiguration"]["CorsRules"]

    assert rule["AllowedOrigins"] == [DASHBOARDS, *ORIGINS]
    assert rule["AllowedMethods"] == ["PUT", "POST", "GET", "HEAD"]
    assert rule["AllowedHeaders"] == ["*"]
    assert rule["ExposedHeaders"] == ["ETag"]  # the parts of a multipart upload are named by it


def test_no_other_page_may_upload_unless_its_origin_is_named(template: Template) -> None:
    _, bucket = uploads_bucket(template)

    [rule] = bucket["CorsConfiguration"]["CorsRules"]

    assert rule["AllowedOrigins"] == [DASHBOARDS]


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
def test_an_invalid_origin_is_refused(synthesize: Synthesize, origin: str) -> None:
    with pytest.raises(SystemExit, match=r"browser_origins: .* is not an origin such as") as no:
        synthesize(browser_origins=json.dumps([origin]))

    assert "\n" not in str(no.value)


DAY = 24 * 3600


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_artifacts_and_videos_outlive_the_longest_execution(
    synthesize: Synthesize, stage: str
) -> None:
    """S3 expires objects at the end of a day, so the retention needs one day more."""
    template = synthesize(stage=stage)
    machine = definition(template)
    rules = lifecycle(template)

    assert rules["jobs/"]["ExpirationInDays"] * DAY >= machine["TimeoutSeconds"] + DAY
    old_videos = rules["uploads/"]["NoncurrentVersionExpiration"]["NoncurrentDays"]
    assert old_videos * DAY >= machine["TimeoutSeconds"] + DAY


def test_old_versions_of_everything_expire(template: Template) -> None:
    """Deleted voices and videos are gone after a day; overwritten versions are kept for longer."""
    rules = lifecycle(template)

    kept = {p: r["NoncurrentVersionExpiration"]["NoncurrentDays"] for p, r in rules.items() if p}
    assert kept == {
        "uploads/": 14, "results/": 14, "index/": 14, "models/": 14, "jobs/": 1, "voices/": 1,
        "holds/": 1,
    }  # fmt: skip
    assert {p for p, rule in rules.items() if "ExpirationInDays" in rule} == {"jobs/"}
    assert rules[""]["ExpiredObjectDeleteMarker"] is True
    assert all(rule["Status"] == "Enabled" for rule in rules.values())


def test_the_retention_of_each_kind_is_a_switch(synthesize: Synthesize) -> None:
    template = synthesize(**OTHER_VALUES)
    rules = lifecycle(template)

    expired = {
        p: rule["ExpirationInDays"] for p, rule in rules.items() if "ExpirationInDays" in rule
    }
    assert expired == {"uploads/": 365, "jobs/": 11, "results/": 730, "index/": 90}
    old = {p: r["NoncurrentVersionExpiration"]["NoncurrentDays"] for p, r in rules.items() if p}
    assert (old["uploads/"], old["results/"], old["voices/"]) == (12, 12, 1)
    logs = resources(template, "AWS::Logs::LogGroup")
    assert {group["RetentionInDays"] for group in logs} == {30}


@pytest.mark.parametrize(
    ("retention", "said"),
    [({"logs": 8}, "CloudWatch Logs keeps"), ({"artifacts": 10}, "11"), ({"videos": 1}, "videos")],
)
def test_a_retention_that_cannot_work_is_refused(retention: dict[str, int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Config.model_validate({"retention": retention})


def lifecycle(template: Template) -> dict[str, dict[str, Any]]:
    """Prefix → rule."""
    _, bucket = uploads_bucket(template)
    return {rule.get("Prefix", ""): rule for rule in bucket["LifecycleConfiguration"]["Rules"]}


def test_reads_of_a_bucket_in_prod_are_logged_for_a_quarter(synthesize: Synthesize) -> None:
    template = synthesize(stage="prod")
    buckets = template.find_resources("AWS::S3::Bucket")
    logging = {
        bucket["Properties"]["LoggingConfiguration"]["DestinationBucketName"]["Ref"]
        for bucket in buckets.values()
        if "LoggingConfiguration" in bucket["Properties"]
    }

    [name] = logging
    properties = buckets[name]["Properties"]
    assert len(buckets) == 3
    assert "LoggingConfiguration" not in properties
    [rule] = properties["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == 90
