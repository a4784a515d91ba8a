"""Process a video of two seconds, from the upload to its results, then delete all but its row.

If the job fails, nothing is deleted, so that the failure can be investigated.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from lifestream.client.doctor.findings import Finding, failed, ok
from lifestream.client.doctor.parts import parts_made
from lifestream.client.doctor.vendors import embedding_dimension, pinecone_index
from lifestream.client.s3_results import S3Results
from lifestream.client.video_service import VideoService
from lifestream.domain.bucket_layout import INDEX, artifacts_of_job
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.rendering.manifest import Manifest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lifestream.client.doctor.deployed import DeployedStage
    from lifestream.domain.chunks import Indexed
    from lifestream.domain.job_record import JobRecord

WHAT = "round trip"
VIDEO = "two-seconds.mp4"
KEY = "lifestream-doctor.mp4"
POLL_SECONDS = 2.0


def round_trip(
    stage: DeployedStage,
    s3: S3Client,
    *,
    timeout_seconds: float,
    poll_seconds: float = POLL_SECONDS,
) -> Iterator[Finding]:
    """Process the video. Starting a GPU host, if none is running, takes minutes and costs cents."""
    service = VideoService(stage.settings)
    started = time.monotonic()
    job = upload(service)
    record = wait(service, job, timeout_seconds, poll_seconds)
    if record.status != JobStatus.SUCCEEDED:
        yield unsuccessful(record, stage.option)
        return
    manifest = Manifest.model_validate_json(S3Results(s3, record).read("manifest.json"))
    stage.transcribed_by = manifest.engines
    seconds = time.monotonic() - started
    clean_up(stage, s3, record, manifest)
    row = f"lifestream status {job.short_id}{stage.option}"
    yield ok(WHAT, f"SUCCEEDED in {seconds:.0f} s; its row stays: {row}")
    yield from parts_made(manifest)


def upload(service: VideoService) -> ProcessingJob:
    with ExitStack() as stack:
        video = stack.enter_context(as_file(files(__package__) / VIDEO))
        return service.create_upload_job(video, key=KEY)


def wait(
    service: VideoService, job: ProcessingJob, timeout_seconds: float, poll_seconds: float
) -> JobRecord:
    until = time.monotonic() + timeout_seconds
    while True:
        record = service.job(job.job_id)
        if record.status.is_terminal or time.monotonic() >= until:
            return record
        time.sleep(poll_seconds)


def unsuccessful(record: JobRecord, option: str) -> Finding:
    job = f"{record.job.short_id}{option}"
    if failure := record.failure:
        detail = f"{record.status}: {failure.error} in {failure.step}: {failure.cause}"
        return failed(WHAT, detail, f"{failure.advice} (lifestream redrive {job})")
    if record.status.is_terminal:
        return failed(WHAT, f"it is {record.status}", f"lifestream status {job}")
    where = f"{record.status} in {record.current_step}" if record.current_step else record.status
    return failed(WHAT, f"not finished yet: {where}", f"Follow it: lifestream status {job} --watch")


def clean_up(stage: DeployedStage, s3: S3Client, record: JobRecord, manifest: Manifest) -> None:
    """Delete all versions of the upload and of its artifacts and results, and its passages."""
    delete_versions(s3, record.bucket, record.key, version=record.job.version_id)
    delete_versions(s3, record.bucket, artifacts_of_job(record.job_id))
    if record.results_prefix:
        delete_versions(s3, record.bucket, record.results_prefix)
    if manifest.indexed:
        _forget_passages(stage, s3, record, manifest.indexed)


def delete_versions(s3: S3Client, bucket: str, prefix: str, *, version: str | None = None) -> None:
    """Delete all object versions under a prefix, or only the given one."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        for entry in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            if version in (None, entry["VersionId"]):
                s3.delete_object(Bucket=bucket, Key=entry["Key"], VersionId=entry["VersionId"])


def _forget_passages(
    stage: DeployedStage, s3: S3Client, record: JobRecord, indexed: Indexed
) -> None:
    key = stage.keys.pinecone_api_key
    if indexed.index.startswith("pinecone/") and key:
        dimension = embedding_dimension(stage.index, stage.keys)
        pinecone_index(stage.index, dimension, key).remove(record.job_id)
    else:
        folder = indexed.index.removeprefix("embedded/")
        delete_versions(s3, record.bucket, f"{INDEX}{folder}/{record.job_id}")
