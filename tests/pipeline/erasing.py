"""Erase a job of the deployed stack, and look for what is left in each of its stores."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Any

from lifestream import resources
from lifestream.domain.bucket_layout import RECEIPTS
from lifestream.domain.job import ProcessingJob
from lifestream.recovery.eraser import Erased
from local_stack import Pipeline
from pipeline.every_route import Api
from pipeline.grants import physical_id
from pipeline.roles import as_function


def erase_through(api: Api, pipeline: Pipeline, job: ProcessingJob) -> dict[str, Any]:
    """Erase a job and return its receipt.

    The deployed function deletes everything and waits for the end of the grace period, which is
    zero for the later runs. A run leaves the erasure open while another one reads the DLQ.
    """
    api.erase(job)
    erase_now(pipeline)
    pipeline.until(lambda: not _upload(pipeline, job), "the eraser does not run")
    pipeline.until(lambda: job.job_id in erase_later(pipeline).erased, "the erasure stays open")
    return api.read_receipt(job)


def erase_now(pipeline: Pipeline) -> None:
    """Run the function once more: it says what goes wrong."""
    session = pipeline.aws.session()
    function = physical_id(session, "ErasureFunction")
    answer = session.client("lambda").invoke(FunctionName=function, Payload=b"{}")
    assert "FunctionError" not in answer, answer["Payload"].read()


def erase_later(pipeline: Pipeline) -> Erased:
    """Run the eraser with the role of its function and without a grace period."""
    with as_function(pipeline.aws.session(), "ErasureFunction"):
        eraser = resources.eraser(grace_period=timedelta(0))
    return eraser.run()


def _upload(pipeline: Pipeline, job: ProcessingJob) -> list[str]:
    found = pipeline.s3.list_object_versions(Bucket=job.bucket, Prefix=job.key)
    ids = [version["VersionId"] for version in found.get("Versions", ())]
    return [one for one in ids if one == job.version_id]


def traces(pipeline: Pipeline, words: Collection[str]) -> list[str]:
    """Return where one of the words is, in every store of the stack and in the names of objects."""
    return [
        f"{word!r} in {place}"
        for place, text in _everything(pipeline)
        for word in words
        if word in text
    ]


def _everything(pipeline: Pipeline) -> Iterator[tuple[str, str]]:
    yield from _objects(pipeline)
    for name in ("JobsTableName", "SlotsTableName"):
        table = pipeline.aws.session().resource("dynamodb").Table(pipeline.aws.outputs[name])
        for item in table.scan()["Items"]:
            if "erased_at" not in item:
                yield f"{name}/{item.get('job_id')!s}", json.dumps(item, default=str)
    for message in pipeline.service.queues.peek_dlq_messages():
        yield "the dead-letter queue", message.body


def _objects(pipeline: Pipeline) -> Iterator[tuple[str, str]]:
    pages = pipeline.s3.get_paginator("list_object_versions").paginate(Bucket=pipeline.bucket)
    for page in pages:
        for marker in page.get("DeleteMarkers", ()):
            yield marker["Key"], marker["Key"]
        for version in page.get("Versions", ()):
            if not version["Key"].startswith(RECEIPTS):
                yield version["Key"], version["Key"] + _content(pipeline, version)


def _content(pipeline: Pipeline, version: Any) -> str:
    one = {"Key": version["Key"], "VersionId": version["VersionId"]}
    body: bytes = pipeline.s3.get_object(Bucket=pipeline.bucket, **one)["Body"].read()
    return body.decode(errors="replace")


def logged(pipeline: Pipeline) -> Iterator[str]:
    """Yield the lines of all log groups."""
    logs = pipeline.aws.session().client("logs")
    groups = logs.get_paginator("describe_log_groups").paginate()
    for group in (group for page in groups for group in page["logGroups"]):
        events = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group["logGroupName"]
        )
        yield from (event["message"] for page in events for event in page["events"])
