"""`make destroy` empties a filled bucket on request; otherwise it only reports the bucket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from moto import mock_aws

from cdk_app import emptying

BUCKET = "lifestream-dev-uploadsbucket"
DASHBOARD_BUCKET = "lifestream-dev-dashboardbucket"
DEPLOYED = f"""<DescribeStacksResponse><DescribeStacksResult><Stacks><member>
  <StackName>LifeStream-dev</StackName><StackStatus>CREATE_COMPLETE</StackStatus>
  <CreationTime>2026-11-24T10:00:00Z</CreationTime><Outputs><member>
    <OutputKey>AwsS3BucketName</OutputKey><OutputValue>{BUCKET}</OutputValue>
  </member><member>
    <OutputKey>DashboardBucket</OutputKey><OutputValue>{DASHBOARD_BUCKET}</OutputValue>
  </member></Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"""
REFUSED = """<ErrorResponse><Error><Type>Sender</Type><Code>{}</Code><Message>{}</Message></Error>
</ErrorResponse>"""
UNKNOWN = 400, REFUSED.format("ValidationError", "Stack with id LifeStream-test does not exist")
EXPIRED = (
    403,
    REFUSED.format("ExpiredToken", "The security token included in the request is expired"),
)
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html and
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html"""


class CloudFormation:
    """Answers DescribeStacks as CloudFormation does, below boto3."""

    def __init__(self) -> None:
        self.answer = 200, DEPLOYED

    def __call__(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        status, body = self.answer
        return AWSResponse(request.url, status, HTTPHeaders(), Body(body.encode()))


class Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content


@pytest.fixture
def cloud_formation(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudFormation]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    answering = CloudFormation()
    with mock_aws(config={"core": {"passthrough": {"services": ["cloudformation"]}}}):
        session = boto3.Session()
        session.events.register(
            "before-send.cloudformation.DescribeStacks",
            answering,  # type: ignore[arg-type]  # the stubs forget that an answer is taken
        )
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
        yield answering


@pytest.fixture
def bucket(cloud_formation: CloudFormation) -> Any:
    """Fill a bucket with two versions of three objects, and a delete marker."""
    assert cloud_formation.answer[0] == 200
    bucket = boto3.resource("s3").create_bucket(Bucket=BUCKET)
    boto3.resource("s3").create_bucket(Bucket=DASHBOARD_BUCKET).put_object(Key="index.html")
    bucket.Versioning().enable()
    for number in range(6):
        bucket.put_object(Key=f"jobs/{number % 3}", Body=b"")
    bucket.Object("jobs/1").delete()
    return bucket


def destroy(capsys: pytest.CaptureFixture[str], stage: str, answer: str = "") -> tuple[int, str]:
    """Run the command and return its exit code and output."""
    try:
        emptying.main(stage, answer)
    except SystemExit as refused:
        return 1, str(refused)
    return 0, capsys.readouterr().out.strip()


def has_dashboard() -> bool:
    return bool(list(boto3.resource("s3").Bucket(DASHBOARD_BUCKET).objects.all()))


def versions(bucket: Any) -> int:
    return sum(1 for _ in bucket.object_versions.all())


def test_everything_is_deleted_on_request(bucket: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert destroy(capsys, "dev", "yes") == (
        0, f"deleted all 7 object versions in {bucket.name}",
    )  # fmt: skip
    assert versions(bucket) == 0
    assert not has_dashboard()
    bucket.delete()  # as CloudFormation does; S3 refuses if anything is left


def test_a_filled_bucket_is_named_before_anything_is_deleted(
    bucket: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = destroy(capsys, "dev")

    assert code == 1
    assert said.startswith(f"dev: {bucket.name} still holds objects")
    assert "make destroy STAGE=dev EMPTY=yes" in said
    assert "\n" not in said
    assert versions(bucket) == 7
    assert has_dashboard()


def test_an_empty_bucket_does_not_block_the_deletion(
    bucket: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    destroy(capsys, "dev", "yes")

    assert destroy(capsys, "dev") == (0, f"{bucket.name} is empty")


def test_prod_is_never_emptied(bucket: Any, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = destroy(capsys, "prod", "yes")

    assert (code, said) == (
        1,
        "prod: prod keeps its data. To delete it, empty the bucket by hand.",
    )
    assert destroy(capsys, "prod")[0] == 0
    assert versions(bucket) == 7
    assert has_dashboard()


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (UNKNOWN, "Stack with id LifeStream-test does not exist"),
        (EXPIRED, "The security token included in the request is expired"),
    ],
)
def test_a_stage_that_cannot_be_read_is_one_line(
    cloud_formation: CloudFormation,
    capsys: pytest.CaptureFixture[str],
    answer: tuple[int, str],
    complaint: str,
) -> None:
    cloud_formation.answer = answer

    code, said = destroy(capsys, "test", "yes")

    assert code == 1
    assert said.startswith("test: ")
    assert said.endswith(complaint)
    assert "\n" not in said
