"""The live progress is computed from the execution's history and the job's row."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.text import Text

from builders import a_job
from cdk_app.local.progress import progress_lines, step_line
from cdk_app.local.run import Outcome, unique_keys
from lifestream.domain.job import JobStatus
from lifestream.domain.job_record import JobRecord
from lifestream.domain.progress import Progress
from lifestream.domain.state_runs import StateRun, states_of

START = datetime(2026, 11, 23, tzinfo=UTC)


def event(number: int, kind: str, previous: int, name: str | None = None) -> dict[str, Any]:
    details = {}
    if name:
        side = "Entered" if "Entered" in kind else "Exited"
        details = {f"state{side}EventDetails": {"name": name}}
    return {
        "id": number,
        "type": kind,
        "previousEventId": previous,
        "timestamp": START + timedelta(seconds=number),
        **details,
    }


def test_failures_belong_to_the_state_whose_chain_they_are_in() -> None:
    """The events of two branches are interleaved: the first fails, the second succeeds."""
    history = [
        event(1, "ExecutionStarted", 0),
        event(2, "TaskStateEntered", 1, "SummarizeTranscript"),
        event(3, "TaskStateEntered", 1, "IndexTranscript"),
        event(4, "TaskFailed", 2),
        event(5, "TaskSucceeded", 3),
        event(6, "TaskStateExited", 4, "SummarizeTranscript"),
    ]

    states = states_of(history)

    assert states["SummarizeTranscript"].is_failed
    assert states["SummarizeTranscript"].seconds(START) == 4
    assert not states["IndexTranscript"].is_failed
    assert states["IndexTranscript"].ended is None


def test_a_retry_that_succeeds_is_not_a_failure() -> None:
    history = [
        event(1, "TaskStateEntered", 0, "InspectVideo"),
        event(2, "TaskFailed", 1),
        event(3, "TaskSucceeded", 2),
    ]

    assert not states_of(history)["InspectVideo"].is_failed


def an_outcome(name: str, **states: StateRun) -> Outcome:
    return Outcome(Path(name), a_job(), dict(states))


def test_the_steps_of_a_recording_are_one_line() -> None:
    done = StateRun("InspectVideo", START, START + timedelta(seconds=2))
    failed = StateRun("ExtractAudio", START, START + timedelta(seconds=3), is_failed=True)

    line = Text.from_markup(step_line({"InspectVideo": done, "ExtractAudio": failed}))

    assert line.plain == "✓ Inspect 2s  ✗ Extract 3s"


def test_a_line_of_steps_fits_80_columns_and_ends_between_two_steps() -> None:
    names = ("InspectVideo", "ExtractAudio", "TranscribeSpeech", "SummarizeTranscript")
    more = ("IndexTranscript", "PublishResults")
    long = {name: StateRun(name, START, START + timedelta(seconds=99)) for name in (*names, *more)}

    first, second = Text.from_markup(step_line(long)).plain.splitlines()

    assert len(first) <= 80
    assert second == "✓ Publish 99s"


def test_hostile_names_do_not_format_the_progress() -> None:
    [heading, _steps] = progress_lines([an_outcome("[red]x\x1b[2J.mp4")])

    assert Text.from_markup(heading).plain == f"[red]x[2J.mp4  {a_job().short_id}"


def test_a_running_transcription_shows_its_share_and_the_time_left() -> None:
    run = StateRun("TranscribeSpeech", datetime.now(UTC))
    outcome = an_outcome("talk.mp4", TranscribeSpeech=run)
    now = datetime.now(UTC)
    outcome.running = JobRecord(
        job_id=a_job().job_id,
        bucket="videos",
        key=a_job().key,
        status=JobStatus.TRANSCRIBING,
        current_step="TranscribeSpeech",
        attempt=1,
        submitted_at=now,
        updated_at=now,
        progress=Progress(fraction=0.65, speed=4.9, seconds_left=140),
        job=a_job(),
    )

    *_, progress = progress_lines([outcome])

    assert re.search(r"65%  4\.9x real time  about 2:(19|20) left", progress)


def test_videos_named_alike_get_keys_of_their_own() -> None:
    keys = unique_keys([Path("a/talk.mp4"), Path("b/talk.mp4"), Path("c/other.mp4")])

    assert keys == ["talk.mp4", "1/talk.mp4", "other.mp4"]
