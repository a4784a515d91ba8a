"""Check the hosting of the dashboard on AWS: `make test-aws STAGE=dev`, after `make deploy`."""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit

import pytest
import requests

from cdk_app.outputs import outputs_of
from lifestream.aws import clients

pytestmark = pytest.mark.aws
SECONDS = 60


@pytest.fixture(scope="module")
def outputs() -> dict[str, str]:
    return outputs_of(os.environ["LIFESTREAM_STAGE"])


@pytest.mark.parametrize("path", ["/", "/upload", "/jobs/3f2a?t=83"])
def test_each_address_is_the_page_with_its_headers(outputs: dict[str, str], path: str) -> None:
    answer = requests.get(outputs["DashboardUrl"] + path, timeout=SECONDS)

    policy = answer.headers["Content-Security-Policy"]
    assert answer.status_code == 200
    assert "<title>LifeStream</title>" in answer.text
    assert "unsafe" not in policy
    assert outputs["SignInUrl"] in policy
    assert f"https://{outputs['AwsS3BucketName']}.s3." in policy
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert answer.headers["Cache-Control"] == "no-cache"


def test_assets_are_compressed_and_cached(outputs: dict[str, str]) -> None:
    url = outputs["DashboardUrl"]
    [script] = re.findall(r'src="(/assets/[^"]+)"', requests.get(url, timeout=SECONDS).text)

    answer = requests.get(url + script, timeout=SECONDS)

    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Content-Encoding"] in {"br", "gzip"}
    assert "immutable" in answer.headers["Cache-Control"]


def test_the_api_answers_at_the_same_address(outputs: dict[str, str]) -> None:
    url = outputs["DashboardUrl"]
    health = requests.get(f"{url}/v1/health", timeout=SECONDS)
    refused = requests.get(
        f"{url}/v1/jobs", headers={"Authorization": "Bearer forged"}, timeout=SECONDS
    )

    assert health.json()["sign_in_url"] == outputs["SignInUrl"]
    assert refused.status_code == 401
    assert "invalid_token" in refused.headers["WWW-Authenticate"]  # the gateway saw the header
    assert requests.get(f"{url}/v1/nothing", timeout=SECONDS).status_code in {401, 404}


def test_the_bucket_is_read_through_the_distribution_only(outputs: dict[str, str]) -> None:
    bucket = f"https://{outputs['DashboardBucket']}.s3.{outputs['AwsRegion']}.amazonaws.com"

    assert requests.get(f"{bucket}/index.html", timeout=SECONDS).status_code == 403
    assert requests.get(outputs["DashboardUrl"] + "/a.b", timeout=SECONDS).status_code == 403


def test_pages_may_upload_by_a_presigned_address(outputs: dict[str, str]) -> None:
    where = {"Bucket": outputs["AwsS3BucketName"], "Key": "uploads/preflight.mp4"}
    address = clients.s3().generate_presigned_url("put_object", where, ExpiresIn=60)
    asked = {"Origin": outputs["DashboardUrl"], "Access-Control-Request-Method": "PUT"}

    answer = requests.options(address, headers=asked, timeout=SECONDS)

    assert urlsplit(address).netloc.split(".")[2] == outputs["AwsRegion"]
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == outputs["DashboardUrl"]
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
