"""Check the same invariants against AWS itself: `make test-aws STAGE=dev`, with credentials."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import boto3
import pytest

from lifestream.aws import clients
from lifestream.aws.executions import Executions
from lifestream.client import VideoService, connect
from lifestream.client.redrive import dlq_messages_by_job, redrive
from lifestream.client.s3_results import S3Results
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.job_record import JobRecord
from media_files import SAMPLE, tone

pytestmark = pytest.mark.aws
PATIENCE_SECONDS = 60 * 60


@pytest.fixture
def service() -> VideoService:
    return VideoService(connect(os.environ["LIFESTREAM_STAGE"]))


def wait(service: VideoService, job: ProcessingJob, *statuses: JobStatus) -> JobRecord:
    """Wait until the job has one of the statuses or has ended."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        record = service.job(job.job_id)
        if record.status in statuses or record.status.is_terminal:
            return record
        assert time.monotonic() < until, record
        time.sleep(5)


def test_the_sample_goes_all_the_way(service: VideoService) -> None:
    record = wait(service, service.create_upload_job(SAMPLE))

    assert (record.status, record.failure) == (JobStatus.SUCCEEDED, None)
    transcript = json.loads(S3Results(clients.s3(), record).read("transcript.json"))
    assert "budget" in " ".join(s["text"] for s in transcript["segments"])
    assert len(transcript["speakers"]) == 2


def test_a_container_that_is_gone_fails_its_state(service: VideoService) -> None:
    """No heartbeat is needed: ECS notifies Step Functions, which starts the task again."""
    job = service.create_upload_job(SAMPLE, key="gone.mp4")
    wait(service, job, JobStatus.TRANSCRIBING)
    ecs = boto3.client("ecs", region_name=os.environ["AWS_REGION"])
    stopped = 0
    for cluster in ecs.list_clusters()["clusterArns"]:
        for task in ecs.list_tasks(cluster=cluster)["taskArns"]:
            [described] = ecs.describe_tasks(cluster=cluster, tasks=[task])["tasks"]
            if job.job_id in json.dumps(described["overrides"]):
                ecs.stop_task(cluster=cluster, task=task, reason="a test")
                stopped += 1

    assert stopped == 1
    assert wait(service, job).status == JobStatus.SUCCEEDED


def test_an_aborted_execution_leaves_one_dlq_message(service: VideoService) -> None:
    job = service.create_upload_job(SAMPLE, key="aborted.mp4")
    wait(service, job, JobStatus.EXTRACTING)
    assert service.settings.state_machine_arn is not None
    executions = Executions(clients.step_functions(), service.settings.state_machine_arn)

    executions.stop(job.execution_name, why="a test")

    assert wait(service, job).status == JobStatus.FAILED
    time.sleep(30)
    assert list(dlq_messages_by_job(service.queues)).count(job.job_id) == 1
    assert redrive(service, [job.job_id]) == [job.job_id]
    time.sleep(30)
    assert wait(service, job).status == JobStatus.SUCCEEDED


def test_a_long_recording_stays_in_its_memory(service: VideoService, tmp_path: Path) -> None:
    """Twelve hours of a tone: no words, but every buffer reaches its maximum length."""
    long = tone(tmp_path / "long.mkv", seconds=11.9 * 3_600)

    record = wait(service, service.create_upload_job(long))

    assert (record.status, record.failure) == (JobStatus.SUCCEEDED, None)
