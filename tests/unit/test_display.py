"""Output for people in a terminal of 80 columns, and for pipes."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from rich.console import Console, RenderableType

from builders import SUBMITTED, a_failure, a_job
from lifestream.client.commands import display, terminal
from lifestream.domain.job import JobStatus
from lifestream.domain.job_record import JobRecord
from lifestream.domain.progress import Progress
from lifestream.rest.jobs import Job
from lifestream.rest.library import Passage
from lifestream.step_names import Step

LONG = "This comes first. " + "The budget is forty thousand dollars and then some more. " * 9


def a_console(*, is_terminal: bool) -> Console:
    return Console(
        file=io.StringIO(),
        width=80,
        force_terminal=is_terminal,
        color_system=None,
        highlight=False,
        emoji=False,
    )


def shown(console: Console, *lines: RenderableType) -> list[str]:
    for line in lines:
        terminal.say(line, on=console)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def a_record(status: JobStatus = JobStatus.SUCCEEDED, **changes: object) -> Job:
    job = a_job()
    facts: dict[str, object] = {
        "job_id": job.job_id,
        "bucket": job.bucket,
        "key": job.key,
        "status": status,
        "attempt": 1,
        "submitted_at": SUBMITTED,
        "updated_at": SUBMITTED + timedelta(seconds=125),
        "job": job,
    }
    return Job.of(JobRecord.model_validate(facts | changes))


def a_hit(text: str, *, key: str = "uploads/a-very-long-name-of-a-meeting-of-ours.mp4") -> Passage:
    return Passage(
        job_id="j",
        key=key,
        score=0.5,
        start_seconds=3_725,
        end_seconds=3_790,
        speakers=("Speaker 1", "Ada"),
        text=text,
    )


def test_a_hit_is_three_lines_of_80_columns() -> None:
    console = a_console(is_terminal=True)

    lines = shown(console, *display.passage_lines([a_hit(LONG)], "budget", console))

    assert max(map(len, lines)) <= 80
    heading, said, more = lines
    assert heading.startswith("a-very-long-name-of-a-meeting-of-ours.mp4  1:02:05  Speaker 1, Ada")
    assert said.startswith("  … The budget is forty")
    assert more.endswith("…")


def test_a_pipe_gets_everything_that_was_said_on_one_line() -> None:
    console = a_console(is_terminal=False)

    [_, said] = shown(console, *display.passage_lines([a_hit(LONG)], "budget", console))

    assert said.count("forty thousand dollars") == 9


def test_hostile_text_cannot_control_the_terminal() -> None:
    console = a_console(is_terminal=True)

    [_, said] = shown(
        console, *display.passage_lines([a_hit("evil \x1b[2J\n[red]budget")], "budget", console)
    )

    assert said == "  evil [2J [red]budget"


def test_a_job_is_one_line_of_80_columns() -> None:
    failure = a_failure().model_copy(update={"cause": "hotwords unsupported " * 9})
    failed = a_record(JobStatus.FAILED, failure=failure, key=f"uploads/{'a' * 60}.mp4")
    records, now = [a_record(), failed], SUBMITTED + timedelta(minutes=5)

    lines = shown(a_console(is_terminal=True), *display.job_lines(records, now))

    assert max(map(len, lines)) <= 80
    assert lines[0].split() == [
        "✓", a_job().short_id, "talk.mp4", "5", "min", "ago", "Succeeded", "in", "2:05"
    ]  # fmt: skip
    assert "✗" in lines[1]
    assert lines[1].endswith("…")


@pytest.mark.parametrize(
    ("status", "step", "says"),
    [
        (JobStatus.QUEUED, None, "Queued"),
        (JobStatus.WAITING_FOR_GPU, None, "Waiting for a GPU"),
        (JobStatus.TRANSCRIBING, Step.TRANSCRIBE_SPEECH, "Transcribing (3 of 7)"),
        (JobStatus.SUCCEEDED, Step.RECORD_SUCCESS, "Succeeded in 2:05"),
        (JobStatus.CANCELLED, Step.EXTRACT_AUDIO, "Cancelled"),
    ],
)
def test_a_status_is_shown_in_words(status: JobStatus, step: Step | None, says: str) -> None:
    assert display.status_text(a_record(status, current_step=step)) == says


def test_progress_fits_80_columns() -> None:
    progress = Progress(fraction=0.65, speed=4.9, seconds_left=16)

    [line] = shown(a_console(is_terminal=True), display.progress_line(progress, with_bar=True))

    assert line == f"{'█' * 20}{'░' * 10}  65%  4.9x real time  about 15 s left"


def test_a_failed_job_says_what_to_do_next() -> None:
    lines = shown(
        a_console(is_terminal=False),
        *display.status_lines(a_record(JobStatus.FAILED, failure=a_failure()), with_bar=False),
    )

    assert lines == [
        f"talk.mp4  {a_job().short_id}  Failed in SummarizeTranscript",
        "TransientError: busy",
        "What to do: wait",
        f"Next: lifestream redrive {a_job().short_id}",
    ]


def test_a_redrive_is_not_proposed_for_an_unusable_video() -> None:
    failure = a_failure().model_copy(update={"error": "NoAudioError"})

    lines = display.status_lines(a_record(JobStatus.FAILED, failure=failure), with_bar=False)

    assert not any("redrive" in str(line) for line in lines)


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (5, "just now"),
        (125, "2 min ago"),
        (7_300, "2 h ago"),
        (90_000, "1 day ago"),
        (900_000, "10 days ago"),
    ],
)
def test_ages_are_shown_in_words(seconds: float, says: str) -> None:
    assert display.ago(seconds) == says


@pytest.mark.parametrize(("seconds", "says"), [(1, "5 s"), (16, "15 s"), (70, "1:10")])
def test_short_times_left_do_not_flicker(seconds: float, says: str) -> None:
    assert display.duration(seconds) == says


def test_a_job_says_why_it_waits_until_it_has_ended() -> None:
    reason = "the cap of the day is reached"
    waiting, ended = (
        shown(
            a_console(is_terminal=False),
            *display.status_lines(a_record(status, wait_reason=reason), with_bar=False),
        )
        for status in (JobStatus.QUEUED, JobStatus.CANCELLED)
    )

    assert "Waiting: the cap of the day is reached." in waiting
    assert not any("Waiting" in line for line in ended)
