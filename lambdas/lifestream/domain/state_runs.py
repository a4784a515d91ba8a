"""Read from an execution's history when each state ran, and whether it failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def states_of(history: Sequence[Mapping[str, Any]]) -> dict[str, StateRun]:
    """Return the states by name, in the order in which they were entered."""
    states: dict[str, StateRun] = {}
    names = state_names(history)
    for event in history:
        kind, at, name = event["type"], event["timestamp"], names[event["id"]]
        if "stateEnteredEventDetails" in event:
            states[name] = StateRun(name, at)
        elif "stateExitedEventDetails" in event and name in states:
            states[name].ended = at
        elif kind in ("TaskFailed", "TaskTimedOut") and name in states:
            states[name].is_failed = True
        elif kind == "TaskSucceeded" and name in states:
            states[name].is_failed = False
    return states


def state_names(history: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Return the name of the state that each event belongs to, by the event's id.

    It is the state that the chain of its previous events leads to, even in the branches of a
    Parallel state.
    """
    names: dict[int, str] = {}
    for event in history:
        entered = event.get("stateEnteredEventDetails")
        before = names.get(event.get("previousEventId", 0), "")
        names[event["id"]] = entered["name"] if entered else before
    return names
