"""Each kind of bad input ends with its own error and one DLQ message; other jobs go on."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cdk_app.local.run import Outcome
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.errors import advice_for
from local_stack import Clips, Pipeline
from media_files import cut, tone

HLS = "#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n"


def no_audio(folder: Path) -> Path:
    return tone(folder / "silent.mp4", seconds=1, has_audio=False)


def text(folder: Path) -> Path:
    path = folder / "notes.mp4"
    path.write_text("these are my notes\n" * 100)
    return path


def truncated(folder: Path) -> Path:
    return cut(tone(folder / "whole.mp4", seconds=3), folder / "half.mp4", share=0.5)


def empty(folder: Path) -> Path:
    path = folder / "empty.mp4"
    path.touch()
    return path


def playlist(folder: Path) -> Path:
    path = folder / "stream.mp4"
    path.write_text(HLS)
    return path


def other_extension(folder: Path) -> Path:
    return tone(folder / "clip.mkv", seconds=1).rename(folder / "clip.wmv")


CASES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "no audio": (no_audio, "NoAudioError"),
    "text": (text, "NotAVideoError"),
    "truncated": (truncated, "TruncatedVideoError"),
    "zero bytes": (empty, "EmptyVideoError"),
    "HLS playlist": (playlist, "PlaylistError"),
    "unknown extension": (other_extension, "UnsupportedExtensionError"),
}


@pytest.fixture(scope="module")
def bad_videos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return [make(tmp_path_factory.mktemp("bad")) for make, _ in CASES.values()]


@pytest.mark.fault(
    "E1",
    by="real bad files beside a good one",
    so="each has its own error; no GPU task starts for them",
)
def test_each_bad_video_has_its_own_error_and_the_good_one_succeeds(
    pipeline: Pipeline, bad_videos: list[Path], clips: Clips
) -> None:
    *bad, good = pipeline.run_unchecked(*bad_videos, clips(".flac"))

    assert good.record is not None
    assert good.record.status == JobStatus.SUCCEEDED
    for outcome, (case, (_, error)) in zip(bad, CASES.items(), strict=True):
        assert_failed_with(pipeline, outcome, error, case)


def assert_failed_with(pipeline: Pipeline, outcome: Outcome, error: str, case: str) -> None:
    record = outcome.record
    assert record is not None, case
    assert record.failure is not None, case
    assert (record.status, record.failure.error) == (JobStatus.FAILED, error), case
    assert record.failure.advice == advice_for(error)
    assert record.failure.cause
    [message] = pipeline.dlq_messages(outcome.job)
    assert message["failure"]["error"] == error
    assert message["key"] == outcome.job.key
    assert len(message["failure"]["cause"]) <= 1_000
    assert pipeline.container_starts(outcome.job) == 0
    assert outcome.results is None


def test_a_video_deleted_before_it_is_processed_ends_with_its_own_error(
    pipeline: Pipeline, clip: Path
) -> None:
    """A version of the object remains below the delete marker.

    S3 sends no notification for the unusual case of the suffix, so the job always starts after the
    deletion.
    """
    key = "uploads/deleted.Mp4"
    put = pipeline.s3.put_object(Bucket=pipeline.bucket, Key=key, Body=clip.read_bytes())
    pipeline.s3.delete_object(Bucket=pipeline.bucket, Key=key)
    job = ProcessingJob.for_upload(
        bucket=pipeline.bucket, key=key, version_id=put["VersionId"], etag=put["ETag"]
    )

    pipeline.service.queues.send_processing_job(job)

    assert pipeline.wait_for(job) == "FAILED"
    record = pipeline.service.job(job.job_id)
    assert record.failure is not None
    assert record.failure.error == "VideoNotFoundError"
    assert len(pipeline.dlq_messages(job)) == 1


def test_a_message_that_is_no_job_ends_in_the_dead_letter_queue_alone(pipeline: Pipeline) -> None:
    """The message moves after three receives, which takes long because of the visibility timeout.

    So the test checks only the start: the message is not deleted, and no execution starts.
    """
    pipeline.until_queue_is_empty()
    before = all_executions(pipeline)

    pipeline.sqs.send_message(
        QueueUrl=pipeline.aws.outputs["AwsSqsQueueUrl"], MessageBody="not json"
    )

    counts = pipeline.service.queues.get_queue_attributes
    pipeline.until(lambda: counts()["in_flight"] == 1, "the message is not received")
    time.sleep(2)  # long enough to be deleted, if it were
    assert counts()["in_flight"] == 1
    assert all_executions(pipeline) == before
    pipeline.sqs.purge_queue(QueueUrl=pipeline.aws.outputs["AwsSqsQueueUrl"])


def all_executions(pipeline: Pipeline) -> int:
    pages = pipeline.step_functions.get_paginator("list_executions").paginate(
        stateMachineArn=pipeline.aws.outputs["StateMachineArn"]
    )
    return sum(len(page["executions"]) for page in pages)
