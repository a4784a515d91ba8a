"""Presigned addresses lead to the bucket's own region: other hosts redirect, or refuse.

For regions launched after March 2019, S3 refuses requests that arrive elsewhere:
https://docs.aws.amazon.com/AmazonS3/latest/API/UsingRouting.html
"""

from __future__ import annotations

from urllib.parse import urlsplit

import boto3
import pytest

from lifestream.aws import clients

BUCKET = "lifestream-dev-uploads"


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "af-south-1"])
@pytest.mark.parametrize("method", ["get_object", "put_object"])
def test_a_presigned_address_names_the_region(
    monkeypatch: pytest.MonkeyPatch, region: str, method: str
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)

    address = urlsplit(presigned(monkeypatch, region, method))

    assert address.netloc == f"{BUCKET}.s3.{region}.amazonaws.com"


def test_in_the_local_stack_the_bucket_is_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")

    address = presigned(monkeypatch, "us-east-1", "get_object")

    assert address.startswith(f"http://127.0.0.1:4566/{BUCKET}/talk.mp4?")


def presigned(monkeypatch: pytest.MonkeyPatch, region: str, method: str) -> str:
    session = boto3.Session("key", "secret", region_name=region)
    monkeypatch.setattr(clients, "_session", lambda: session)
    clients.s3.cache_clear()
    return clients.s3().generate_presigned_url(method, Params={"Bucket": BUCKET, "Key": "talk.mp4"})
