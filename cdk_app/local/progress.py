"""Show the progress of local jobs, from the history of their executions and from their rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.text import Text

from lifestream.client.commands import display
from lifestream.client.commands.terminal import plain
from lifestream.domain.state_runs import StateRun
from lifestream.step_names import WORKING_STEPS, Step

if TYPE_CHECKING:
    from cdk_app.local.run import Outcome

FAILURE_STATES = (Step.RECORD_FAILURE.value, "SendToDeadLetterQueue")
MAX_CELLS = 80
FIRST_WORD = re.compile("[A-Z][a-z]+")


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
    visited = [_state(states[name]) for name in (*WORKING_STEPS, *FAILURE_STATES) if name in states]
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
