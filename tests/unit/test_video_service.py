"""The client knows the job of an upload at once; S3's notification leads to the same job."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from builders import MEETING, a_failure
from conftest import BUCKET, JOBS, Aws
from lifestream.aws import clients
from lifestream.aws.job_table import JobTable
from lifestream.client import (
    ClientSettings,
    JobOptions,
    JobRecord,
    JobStatus,
    VideoService,
    video_service,
)
from lifestream.domain.job import ProcessingJob
from lifestream.domain.messages import parse_message
from lifestream.errors import (
    EmptyVideoError,
    JobNotFoundError,
    NoResultsError,
    UnsupportedExtensionError,
)
from published import publish_results


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


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("nothing.mp4", None, FileNotFoundError),
        ("empty.mp4", b"", EmptyVideoError),
        ("notes.txt", b"my notes", UnsupportedExtensionError),
        ("talk", b"video", UnsupportedExtensionError),
    ],
)
def test_a_file_that_cannot_become_a_job_is_refused_before_it_is_sent(
    service: VideoService,
    aws: Aws,
    tmp_path: Path,
    name: str,
    content: bytes | None,
    error: type[Exception],
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)

    with pytest.raises(error, match=re.escape(name)):
        service.create_upload_job(tmp_path / name)

    assert "Contents" not in aws.s3.list_objects_v2(Bucket=BUCKET)
    assert service.queues.get_queue_attributes()["waiting"] == 0
    assert service.recent_jobs() == []


def test_a_folder_is_not_a_video(service: VideoService, tmp_path: Path) -> None:
    (tmp_path / "talk.mp4").mkdir()

    with pytest.raises(FileNotFoundError, match=r"talk\.mp4"):
        service.create_upload_job(tmp_path / "talk.mp4")


def test_the_key_decides_the_extension(service: VideoService, video: Path) -> None:
    odd = video.rename(video.with_suffix(".part"))

    assert service.create_upload_job(odd, key="talk.MP4").key == "uploads/talk.MP4"
    with pytest.raises(UnsupportedExtensionError, match=r"talk\.wmv"):
        service.create_upload_job(odd, key="talk.wmv")


def test_no_form_is_made_for_an_unknown_extension(service: VideoService) -> None:
    with pytest.raises(UnsupportedExtensionError, match=r"notes\.txt"):
        service.generate_presigned_upload_url("notes.txt")


def test_waiting_ends_with_the_job(
    service: VideoService, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, seen = service.create_upload_job(video), list[JobStatus]()
    monkeypatch.setattr(video_service, "POLL_SECONDS", 0)

    def finish_once_seen(record: JobRecord) -> None:
        seen.append(record.status)
        JobTable(clients.table(JOBS)).fail(job, JobStatus.FAILED, a_failure(), None)

    record = service.wait(job.short_id, on_update=finish_once_seen)

    assert (seen, record.status) == ([JobStatus.QUEUED], JobStatus.FAILED)
    assert record.failure == a_failure()


def test_waiting_gives_up_at_its_timeout(service: VideoService, video: Path) -> None:
    job = service.create_upload_job(video)

    with pytest.raises(TimeoutError, match="QUEUED"):
        service.wait(job, timeout_seconds=0)


def test_results_are_read_with_their_types(service: VideoService, video: Path, aws: Aws) -> None:
    job = service.create_upload_job(video)
    with pytest.raises(NoResultsError, match="QUEUED"):
        service.results(job)
    publish_results(aws, job, MEETING)

    results = service.results(job)

    assert results.transcript() == MEETING
    assert results.summary() is None
    assert results.quality().speakers == 2


def test_unknown_ids_are_refused(service: VideoService, video: Path) -> None:
    service.create_upload_job(video)

    for unclear in ("", "zzz"):
        with pytest.raises(JobNotFoundError, match="no job"):
            service.job(unclear)


def test_queue_attributes_count_waiting_and_dlq_messages(
    service: VideoService, video: Path
) -> None:
    job = service.create_upload_job(video)
    service.queues.send_to_dlq(job)

    assert service.queues.get_queue_attributes() == {"waiting": 1, "in_flight": 0, "dead": 1}

    message = service.queues.receive_job(wait_seconds=0)
    assert message is not None
    service.queues.delete_job(message)

    assert service.queues.get_queue_attributes() == {"waiting": 0, "in_flight": 0, "dead": 1}
