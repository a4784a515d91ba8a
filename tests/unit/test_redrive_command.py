"""`lifestream redrive` selects and skips jobs, and asks before it redrives many."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from builders import a_failure, a_job
from conftest import BUCKET, Aws
from lifestream.aws.artifacts import CHECKPOINT
from lifestream.aws.queues import QueueService
from lifestream.client.commands import app, recovery
from lifestream.domain.bucket_layout import artifact_key
from lifestream.domain.job import ProcessingJob
from lifestream.step_names import Step


@pytest.fixture(autouse=True)
def queues(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> QueueService:
    monkeypatch.setenv("AWS_SQS_QUEUE_URL", aws.queue_url)
    monkeypatch.setenv("AWS_SQS_DLQ_URL", aws.dlq_url)
    return QueueService(aws.sqs, queue_url=aws.queue_url, dlq_url=aws.dlq_url)


@pytest.fixture
def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "is_interactive", lambda: True)


@pytest.fixture
def dead(queues: QueueService) -> Callable[..., ProcessingJob]:
    def fail(name: str, error: str, step: Step) -> ProcessingJob:
        failure = a_failure().model_copy(update={"error": error, "step": step})
        job = a_job(key=f"uploads/{name}").model_copy(update={"failure": failure})
        queues.send_to_dlq(job)
        return job

    return fail


@pytest.fixture
def two_failed_jobs(dead: Callable[..., ProcessingJob]) -> tuple[ProcessingJob, ProcessingJob]:
    """Return two failed jobs: one that a redrive can fix, and one with an unusable video."""
    return (
        dead("talk.mp4", "SummaryError", Step.SUMMARIZE_TRANSCRIPT),
        dead("silent.mp4", "NoAudioError", Step.INSPECT_VIDEO),
    )


def redrive(*words: str, answer: str | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["redrive", *words], input=answer)
    assert "Traceback" not in result.output
    return result.exit_code, result.output


def waiting(queues: QueueService) -> int:
    return queues.get_queue_attributes()["waiting"]


def test_all_skips_videos_that_are_unusable(
    two_failed_jobs: tuple[ProcessingJob, ProcessingJob], queues: QueueService
) -> None:
    code, says = redrive("--all", "--yes")

    assert code == 0
    assert "skipped: only another version of the video can help" in says
    assert "1 job will run again. 1 job skipped: use --force." in says
    assert waiting(queues) == 1
    [left] = queues.peek_dlq_messages()
    assert two_failed_jobs[1].job_id in left.body


@pytest.mark.parametrize(
    "words", [["--all", "--force", "--yes"], ["--since", "1h", "--force", "-y"]]
)
def test_force_runs_them_too(
    two_failed_jobs: tuple[ProcessingJob, ProcessingJob],  # noqa: ARG001  # in the queue
    queues: QueueService,
    words: list[str],
) -> None:
    assert redrive(*words)[0] == 0
    assert waiting(queues) == 2


def test_a_job_that_is_named_is_never_skipped(
    two_failed_jobs: tuple[ProcessingJob, ProcessingJob], queues: QueueService
) -> None:
    assert redrive(two_failed_jobs[1].short_id)[0] == 0
    assert waiting(queues) == 1


@pytest.mark.usefixtures("on_a_terminal", "two_failed_jobs")
@pytest.mark.parametrize(("answer", "code", "count"), [("y\n", 0, 1), ("n\n", 1, 0), ("", 1, 0)])
def test_on_a_terminal_all_asks_first(
    queues: QueueService, answer: str, code: int, count: int
) -> None:
    found, says = redrive("--all", answer=answer)

    assert found == code
    assert "Redrive 1 job?" in says
    assert waiting(queues) == count
    assert len(queues.peek_dlq_messages()) == 2 - count


@pytest.mark.usefixtures("two_failed_jobs")
def test_a_dry_run_changes_nothing(queues: QueueService) -> None:
    code, says = redrive("--all", "--dry-run")

    assert code == 0
    assert "1 job would run again." in says
    assert waiting(queues) == 0
    assert len(queues.peek_dlq_messages()) == 2


def test_the_gpu_is_named_only_for_jobs_that_reach_it(
    aws: Aws,
    dead: Callable[..., ProcessingJob],
    two_failed_jobs: tuple[ProcessingJob, ProcessingJob],
) -> None:
    transcribed = dead("transcribed.mp4", "SummaryError", Step.SUMMARIZE_TRANSCRIPT)
    for step in (Step.INSPECT_VIDEO, Step.EXTRACT_AUDIO, Step.TRANSCRIBE_SPEECH):
        key = artifact_key(transcribed.job_id, step, CHECKPOINT)
        aws.s3.put_object(Bucket=BUCKET, Key=key, Body=b"")

    _, says = redrive("--all", "--force", "--dry-run", "--json")

    facts = {line["job_id"]: line for line in map(json.loads, says.splitlines())}
    assert {job_id: line["needs_gpu"] for job_id, line in facts.items()} == {
        two_failed_jobs[0].job_id: True,
        two_failed_jobs[1].job_id: False,
        transcribed.job_id: False,
    }
    assert facts[transcribed.job_id]["steps_left"] == ["SummarizeTranscript", "IndexTranscript"]


def test_an_empty_dead_letter_queue_is_not_a_failure() -> None:
    assert redrive("--all", "--yes") == (0, "Nothing found.\n")


def test_an_event_that_never_became_a_job_runs_again(aws: Aws, queues: QueueService) -> None:
    aws.sqs.send_message(QueueUrl=aws.dlq_url, MessageBody='{"Records": []}')

    code, says = redrive("--all", "--yes")

    assert code == 0
    assert "an upload event that never became a job" in says
    assert waiting(queues) == 1
