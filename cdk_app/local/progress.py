"""An execution's history in, what each state did and how long it took out, as a live table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from lifestream.client.commands.terminal import plain
from lifestream.step_names import Step

SHOWN = tuple(step for step in Step if step != Step.RECORD_FAILURE)
FAILURE_STATES = (Step.RECORD_FAILURE.value, "SendToDeadLetterQueue")


@dataclass
class StateRun:
    """One visit of one state; `ended` is None while it runs."""

    name: str
    started: datetime
    ended: datetime | None = None
    is_failed: bool = False

    def seconds(self, now: datetime) -> float:
        return ((self.ended or now) - self.started).total_seconds()


def states_of(history: Sequence[Mapping[str, Any]]) -> dict[str, StateRun]:
    """States by name, in the order in which they were entered.

    An event belongs to the state that its chain of previous events entered, which also holds
    inside the branches of a Parallel state.
    """
    states: dict[str, StateRun] = {}
    state_at: dict[int, str] = {}
    for event in history:
        kind, at = event["type"], event["timestamp"]
        name = state_at.get(event.get("previousEventId", 0), "")
        if "stateEnteredEventDetails" in event:
            name = event["stateEnteredEventDetails"]["name"]
            states[name] = StateRun(name, at)
        elif "stateExitedEventDetails" in event and name in states:
            states[name].ended = at
        elif kind in ("TaskFailed", "TaskTimedOut") and name in states:
            states[name].is_failed = True
        elif kind == "TaskSucceeded" and name in states:
            states[name].is_failed = False
        state_at[event["id"]] = name
    return states


def progress_table(videos: Mapping[str, dict[str, StateRun]]) -> Table:
    """One row a step, one column a video; more videos than fit become one row each."""
    return _by_step(videos) if len(videos) <= 3 else _by_video(videos)  # noqa: PLR2004  # columns that fit


def _by_step(videos: Mapping[str, dict[str, StateRun]]) -> Table:
    table = Table("Step", *(plain(name) for name in videos))
    failures = [n for n in FAILURE_STATES if any(n in states for states in videos.values())]
    for name in (*SHOWN, *failures):
        table.add_row(name, *(_cell(states.get(name)) for states in videos.values()))
    return table


def _by_video(videos: Mapping[str, dict[str, StateRun]]) -> Table:
    table = Table("Video", "Steps done", "Now", "Seconds")
    for name, states in videos.items():
        done = sum(1 for step in SHOWN if step in states and states[step].ended)
        latest = list(states.values())[-1] if states else None
        table.add_row(
            plain(name),
            f"{done} of {len(SHOWN)}",
            latest.name if latest else "queued",
            f"{_total_seconds(states):.1f}",
        )
    return table


def _cell(state: StateRun | None) -> str:
    if state is None:
        return ""
    seconds = f"{state.seconds(datetime.now(UTC)):5.1f} s"
    if state.is_failed:
        return f"[red]✗[/] {seconds}"
    return f"[green]✓[/] {seconds}" if state.ended else f"[cyan]…[/] {seconds}"


def _total_seconds(states: dict[str, StateRun]) -> float:
    if not states:
        return 0.0
    now = datetime.now(UTC)
    end = max(state.ended or now for state in states.values())
    return (end - min(state.started for state in states.values())).total_seconds()
