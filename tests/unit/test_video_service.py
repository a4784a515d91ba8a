"""The client's uploads: the job is known at once, and it is the job of S3's notification."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import BUCKET, JOBS, Aws
from lifestream.client import ClientSettings, JobOptions, JobStatus, VideoService
from lifestream.domain.job import ProcessingJob
from lifestream.domain.messages import parse_message
from lifestream.errors import JobNotFoundError


@pytest.fixture
def service(aws: Aws) -> VideoService:
    return VideoService(
        ClientSettings(bucket=BUCKET, jobs_table=JOBS, queue_url=aws.queue_url, dlq_url=aws.dlq_url)
    )


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "my talk.mp4"
    path.write_bytes(b"video")
    return path


def test_an_upload_is_in_the_bucket_the_queue_and_the_table(
    service: VideoService, video: Path, aws: Aws
) -> None:
    job = service.create_upload_job(video)

    assert aws.s3.get_object(Bucket=BUCKET, Key="uploads/my talk.mp4")["Body"].read() == b"video"
    message = service.queues.receive_job(wait_seconds=0)
    assert message is not None
    assert parse_message(message.body, bucket=BUCKET).jobs == [job]
    assert service.job(job.job_id).status == JobStatus.QUEUED
    assert service.job(job.job_id[:8]).job == job


def test_the_job_is_that_of_the_notification(service: VideoService, video: Path, aws: Aws) -> None:
    job = service.create_upload_job(video)
    version = aws.s3.head_object(Bucket=BUCKET, Key=job.key)["VersionId"]

    published = ProcessingJob.for_upload(bucket=BUCKET, key=job.key, version_id=version)

    assert published.job_id == job.job_id


def test_options_travel_with_the_object(service: VideoService, video: Path, aws: Aws) -> None:
    job = service.create_upload_job(video, options=JobOptions(speakers=2, hotwords=("Größe",)))

    stored = aws.s3.head_object(Bucket=BUCKET, Key=job.key)["Metadata"]["lifestream-options"]
    assert JobOptions.model_validate(json.loads(stored)) == job.options


def test_a_file_that_is_not_there_is_named(service: VideoService) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.mp4"):
        service.create_upload_job("nothing.mp4")


def test_unknown_ids_are_refused(service: VideoService, video: Path) -> None:
    service.create_upload_job(video)

    for unclear in ("", "zzz"):
        with pytest.raises(JobNotFoundError, match="no job starts with"):
            service.job(unclear)


def test_queue_attributes_count_what_waits_and_what_is_dead(
    service: VideoService, video: Path
) -> None:
    job = service.create_upload_job(video)
    service.queues.send_to_dlq(job)

    assert service.queues.get_queue_attributes() == {"waiting": 1, "in_flight": 0, "dead": 1}

    message = service.queues.receive_job(wait_seconds=0)
    assert message is not None
    service.queues.delete_job(message)

    assert service.queues.get_queue_attributes() == {"waiting": 0, "in_flight": 0, "dead": 1}
