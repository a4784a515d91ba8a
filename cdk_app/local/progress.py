"""Show the progress of local jobs, from the history of their executions and from their rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.text import Text

from lifestream.client.commands import display
from lifestream.client.commands.terminal import plain
from lifestream.step_names import Step

if TYPE_CHECKING:
    from cdk_app.local.run import Outcome

SHOWN = tuple(step.value for step in Step if step not in (Step.RECORD_SUCCESS, Step.RECORD_FAILURE))
FAILURE_STATES = (Step.RECORD_FAILURE.value, "SendToDeadLetterQueue")
MAX_CELLS = 80
FIRST_WORD = re.compile("[A-Z][a-z]+")


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
    """Return the states by name, in the order in which they were entered.

    An event belongs to the state that the chain of its previous events leads to, even in the
    branches of a Parallel state.
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


def heading(outcome: Outcome, length: str = "") -> str:
    """talk.mp4  b1c66b8f  3:01."""
    name = f"[bold]{plain(str(outcome.video.name))}[/]"
    return "  ".join(filter(None, (name, outcome.job.short_id, length)))


def progress_lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Return the steps of each recording, with the progress of the running one."""
    for outcome in outcomes:
        running = outcome.running
        yield heading(outcome)
        yield step_line(outcome.states)
        progress = running.progress_at(datetime.now(UTC)) if running else None
        if outcome.record is None and progress:
            yield display.progress_line(progress, with_bar=True)


def step_line(states: Mapping[str, StateRun]) -> str:
    """✓ Inspect 1s  ✓ Extract 1s  … Transcribe 98s. A line ends between two steps."""
    visited = [_state(states[name]) for name in (*SHOWN, *FAILURE_STATES) if name in states]
    lines: list[list[str]] = [[]]
    for state in visited:
        if _cells([*lines[-1], state]) > MAX_CELLS:
            lines.append([])
        lines[-1].append(state)
    return "\n".join(map("  ".join, lines)) or "queued"


def _cells(parts: Sequence[str]) -> int:
    return Text.from_markup("  ".join(parts)).cell_len


def _state(state: StateRun) -> str:
    mark = "[red]✗[/]" if state.is_failed else "[green]✓[/]" if state.ended else "[cyan]…[/]"
    return f"{mark} {FIRST_WORD.findall(state.name)[0]} {state.seconds(datetime.now(UTC)):.0f}s"
