"""Read from an execution's history when each state ran, and whether it failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass
class StateRun:
    """One visit of one state; `ended` is None while it runs."""

    name: str
    started: datetime
    ended: datetime | None = None
    is_failed: bool = False

    def seconds(self, now: datetime) -> float:
        return ((self.ended or now) - self.started).total_seconds()


def states_of(history: Iterable[Mapping[str, Any]]) -> dict[str, StateRun]:
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
