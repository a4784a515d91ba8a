"""The steps that a redrive would run, and its time filter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from builders import a_failure, a_job
from conftest import BUCKET, Aws
from lifestream.aws.artifacts import CHECKPOINT
from lifestream.aws.queues import QueueService
from lifestream.client.commands.terminal import moment
from lifestream.client.redrive import WORK, steps_left
from lifestream.domain.bucket_layout import artifact_key
from lifestream.errors import UsageError
from lifestream.step_names import Step


@pytest.mark.parametrize(
    ("text", "ago"),
    [("30m", timedelta(minutes=30)), ("2h", timedelta(hours=2)), ("3d", timedelta(days=3))],
)
def test_a_span_is_counted_back_from_now(text: str, ago: timedelta) -> None:
    assert moment(text) == pytest.approx(datetime.now(UTC) - ago, abs=timedelta(seconds=5))


def test_a_date_without_a_zone_is_utc() -> None:
    assert moment("2026-11-23") == datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "h", "yesterday", "2w", "-1h", "9999999999d"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        moment(text)


def test_steps_with_a_checkpoint_are_not_repeated(aws: Aws) -> None:
    job = a_job()
    assert steps_left(aws.s3, job) == list(WORK)

    for step in (Step.INSPECT_VIDEO, Step.EXTRACT_AUDIO, Step.TRANSCRIBE_SPEECH):
        aws.s3.put_object(Bucket=BUCKET, Key=artifact_key(job.job_id, step, CHECKPOINT), Body=b"")

    assert steps_left(aws.s3, job) == [Step.SUMMARIZE_TRANSCRIPT, Step.INDEX_TRANSCRIPT]


def test_a_message_that_failed_in_the_dispatcher_does_not_count(aws: Aws) -> None:
    queues = QueueService(aws.sqs, queue_url=aws.queue_url, dlq_url=aws.dlq_url)
    queues.send_to_dlq(a_job())
    assert not queues.holds_dlq_message(a_job().job_id, 1)

    queues.send_to_dlq(a_job().model_copy(update={"failure": a_failure()}))

    assert queues.holds_dlq_message(a_job().job_id, 1)
    assert len(queues.peek_dlq_messages()) == 2
