"""`lifestream doctor` checks the model weights in the bucket, and the alarms' subscriptions."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from aws_answers import stubbed
from conftest import BUCKET, Aws, our_session
from deployed_stage import MODEL, settings_of, stage_of
from lifestream.client.doctor.alarms import check_alarms
from lifestream.client.doctor.findings import Verdict
from lifestream.client.doctor.weights import Weights, check_weights
from lifestream.client.model_weights import upload as upload_model
from lifestream.domain.transcript import Engines
from lifestream.engines.model_weights import SUMS, write_sums
from lifestream.settings import (
    DoctorSettings,
)

OK, NOTE, WARNING, FAILED = Verdict.OK, Verdict.NOTE, Verdict.WARNING, Verdict.FAILED


@pytest.fixture
def settings(aws: Aws) -> DoctorSettings:
    return settings_of(aws)


@pytest.fixture
def weights(aws: Aws, tmp_path: Path) -> Weights:
    """Write the weights to the bucket, as `lifestream models` does."""
    folder = tmp_path / MODEL
    (folder / "deep").mkdir(parents=True)
    (folder / "model.bin").write_bytes(b"weights")
    (folder / "deep" / "config.json").write_bytes(b"{}")
    write_sums(folder)
    upload_model(aws.s3, BUCKET, folder, on_file=lambda _: None)
    return Weights(aws.s3, BUCKET, MODEL, fetch="Fetch it.")


def test_weights_are_compared_without_a_download(weights: Weights) -> None:
    finding = weights.finding(f"faster-whisper/{MODEL}")

    assert finding.verdict is OK
    assert finding.detail == f"2 files, 0.0 MB: 2 compared with {SUMS}"


def test_an_altered_model_is_named(weights: Weights, aws: Aws) -> None:
    other = hashlib.sha256(b"other").digest()
    aws.s3.put_object(
        Bucket=BUCKET,
        Key=f"models/{MODEL}/model.bin",
        Body=b"other",
        ChecksumAlgorithm="SHA256",
        ChecksumSHA256=base64.b64encode(other).decode(),
    )

    finding = weights.finding(f"faster-whisper/{MODEL}")

    assert (finding.verdict, finding.detail) == (FAILED, f"model.bin: not what {SUMS} names")
    assert finding.advice == "Fetch it."


def test_files_uploaded_in_parts_or_without_a_digest_are_reported_as_not_compared(
    weights: Weights, aws: Aws
) -> None:
    aws.s3.put_object(Bucket=BUCKET, Key=f"models/{MODEL}/model.bin", Body=b"weights")

    finding = weights.finding(f"faster-whisper/{MODEL}")

    assert finding.verdict is NOTE
    assert finding.detail.endswith(
        "1 compared with SHA256SUMS, 1 only when the container loads them"
    )


def test_a_checksum_of_parts_is_not_that_of_the_file() -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html: a composite checksum
    ends with the number of parts."""
    composite = "S1ubyQVSoOUxVCZXzDX8JfcxSaWhVSYcOrj6gSAxLaI=-4"
    head = {"ChecksumSHA256": composite, "ChecksumType": "COMPOSITE"}
    s3 = stubbed("s3", ("head_object", head))

    assert Weights(s3, BUCKET, MODEL, fetch="Fetch it.")._stored_digest("model.bin") is None


def test_a_missing_file_is_named(weights: Weights, aws: Aws) -> None:
    aws.s3.delete_object(Bucket=BUCKET, Key=f"models/{MODEL}/model.bin")

    finding = weights.finding(f"faster-whisper/{MODEL}")

    assert (finding.verdict, finding.detail) == (FAILED, "lacks model.bin")


def test_weights_without_sums_are_a_warning(weights: Weights, aws: Aws) -> None:
    aws.s3.delete_object(Bucket=BUCKET, Key=f"models/{MODEL}/{SUMS}")

    assert weights.finding(f"faster-whisper/{MODEL}").verdict is WARNING


def test_models_that_are_not_there_fail_unless_a_job_did_without(
    settings: DoctorSettings, aws: Aws
) -> None:
    stage = stage_of(settings)

    missing = list(check_weights(stage, aws.s3))
    assert [finding.verdict for finding in missing] == [FAILED, FAILED]
    assert missing[0].advice == f"Fetch it: lifestream models {MODEL} --stage dev"
    stage.transcribed_by = Engines(
        transcription="faster-whisper/tiny.en", diarization="embedded/voice-encoder"
    )
    assert [f.verdict for f in check_weights(stage, aws.s3)] == [NOTE, NOTE]


def alarm(name: str, *actions: str) -> None:
    our_session().client("cloudwatch").put_metric_alarm(
        AlarmName=f"LifeStream-dev-{name}",
        AlarmActions=list(actions),
        MetricName="Errors",
        Namespace="AWS/Lambda",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )


def test_alarms_have_to_be_there(settings: DoctorSettings) -> None:
    [finding] = check_alarms(stage_of(settings))

    assert (finding.verdict, finding.detail) == (WARNING, "the stack LifeStream-dev has none")


def test_alarms_without_an_action_are_a_warning(settings: DoctorSettings) -> None:
    alarm("DlqMessages")

    [finding] = check_alarms(stage_of(settings))

    assert (finding.verdict, finding.detail) == (WARNING, "1 of 1 have no action")


def test_a_topic_needs_a_subscription(settings: DoctorSettings) -> None:
    sns = our_session().client("sns")
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    alarm("DlqMessages", topic)

    [finding] = check_alarms(stage_of(settings))
    assert finding.detail == f"no confirmed subscription to {topic}"
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ada@example.org")
    [finding] = check_alarms(stage_of(settings))
    assert (finding.verdict, finding.detail) == (OK, "1, each with a recipient")


def test_an_unconfirmed_subscription_does_not_count(settings: DoctorSettings) -> None:
    """https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html"""
    topic = "arn:aws:sns:us-east-1:123456789012:alarms"
    alarm("DlqMessages", topic)
    pending = {"SubscriptionArn": "PendingConfirmation", "Protocol": "email", "TopicArn": topic}
    sns = stubbed("sns", ("list_subscriptions_by_topic", {"Subscriptions": [pending]}))

    [finding] = check_alarms(stage_of(settings, sns=sns))

    assert finding.verdict is WARNING


def test_an_alarm_in_alarm_state_is_named(settings: DoctorSettings) -> None:
    alarm("DlqMessages", "arn:aws:lambda:us-east-1:123456789012:function:pager")
    our_session().client("cloudwatch").set_alarm_state(
        AlarmName="LifeStream-dev-DlqMessages", StateValue="ALARM", StateReason="a test"
    )

    rings, subscribed = check_alarms(stage_of(settings))

    assert (rings.verdict, subscribed.verdict) == (NOTE, OK)
    assert "LifeStream-dev-DlqMessages is in ALARM" in rings.detail
