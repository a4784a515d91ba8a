"""`make deploy` publishes the build of the dashboard, and leaves no page without its files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cdk_app.publishing import publish
from lifestream.errors import ConfigurationError

NOW = datetime.now(UTC)
TYPES = {
    "assets/index-b2.css": "text/css; charset=utf-8",
    "assets/index-b2.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "index.html": "text/html; charset=utf-8",
}


@pytest.fixture
def bucket() -> Iterator[Any]:
    with mock_aws():
        yield boto3.resource("s3", region_name="us-east-1").create_bucket(Bucket="dashboard")


@pytest.fixture
def build(tmp_path: Path) -> Path:
    for name in (*TYPES, ".ready"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(name)
    return tmp_path


def keys(bucket: Any) -> set[str]:
    return {stored.key for stored in bucket.objects.all()}


def test_files_are_published_with_their_types(bucket: Any, build: Path) -> None:
    publish(bucket, NOW, build)

    assert {key: bucket.Object(key).content_type for key in keys(bucket)} == TYPES
    assert bucket.Object("icon.svg").get()["Body"].read() == b"icon.svg"


def test_the_page_is_published_last(bucket: Any, build: Path) -> None:
    """Whoever loads the new page finds all that it names."""
    put: list[str] = []
    bucket.meta.client.meta.events.register(
        "before-parameter-build.s3.PutObject", lambda params, **_: put.append(params["Key"])
    )

    publish(bucket, NOW, build)

    assert put[-1] == "index.html"
    assert sorted(put) == sorted(TYPES)


def test_files_of_earlier_builds_stay_for_a_week(bucket: Any, build: Path) -> None:
    """Whoever has loaded the old page a moment ago still finds what it names."""
    bucket.put_object(Key="assets/index-a1.js")

    publish(bucket, NOW + timedelta(days=6), build)
    kept = keys(bucket)
    publish(bucket, NOW + timedelta(days=8), build)

    assert kept == {*TYPES, "assets/index-a1.js"}
    assert keys(bucket) == set(TYPES)


def test_without_a_build_nothing_is_published(bucket: Any, tmp_path: Path) -> None:
    bucket.put_object(Key="index.html", Body=b"before")

    with pytest.raises(ConfigurationError, match=r"make web/dist/\.ready"):
        publish(bucket, NOW, tmp_path)

    assert bucket.Object("index.html").get()["Body"].read() == b"before"
