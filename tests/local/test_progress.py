"""The live progress comes from the execution's history alone."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from cdk_app.local.progress import StateRun, progress_table, states_of
from cdk_app.local.run import unique_keys

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
    """Two branches, interleaved: the first fails, the second succeeds."""
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


def test_a_retry_that_succeeds_is_no_failure() -> None:
    history = [
        event(1, "TaskStateEntered", 0, "InspectVideo"),
        event(2, "TaskFailed", 1),
        event(3, "TaskSucceeded", 2),
    ]

    assert not states_of(history)["InspectVideo"].is_failed


def rendered(videos: dict[str, dict[str, StateRun]]) -> str:
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(progress_table(videos))
    return console.export_text()


def test_hostile_names_do_not_format_the_table() -> None:
    run = StateRun("InspectVideo", START, START + timedelta(seconds=2))

    text = rendered({"[red]x[/].mp4": {"InspectVideo": run}})

    assert "[red]x[/].mp4" in text
    assert "✓   2.0 s" in text


def test_many_videos_become_one_row_each() -> None:
    run = StateRun("InspectVideo", START, START + timedelta(seconds=2))

    text = rendered({f"{n}.mp4": {"InspectVideo": run} for n in range(5)})

    assert text.count("1 of 7") == 5


def test_videos_named_alike_get_keys_of_their_own() -> None:
    keys = unique_keys([Path("a/talk.mp4"), Path("b/talk.mp4"), Path("c/other.mp4")])

    assert keys == ["talk.mp4", "1/talk.mp4", "other.mp4"]
