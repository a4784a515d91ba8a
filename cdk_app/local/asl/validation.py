"""Find what the executor does not support in the definition of a state machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

RESOURCES = (
    "lambda:invoke",
    "sqs:sendMessage",
    "ecs:runTask.sync",
    "dynamodb:getItem",
    "dynamodb:updateItem",
)
COMMON = {"Type", "Comment", "QueryLanguage"}
MOVES = {"Next", "End", "Output", "Assign"}
GUARDS = {"Retry", "Catch"}
FIELDS = {
    "Task": COMMON | MOVES | GUARDS | {"Resource", "Arguments", "TimeoutSeconds"},
    "Parallel": COMMON | MOVES | GUARDS | {"Branches"},
    "Choice": COMMON | {"Choices", "Default", "Output", "Assign"},
    "Pass": COMMON | MOVES,
    "Wait": COMMON | MOVES | {"Seconds"},
    "Succeed": COMMON | {"Output"},
    "Fail": COMMON | {"Error", "Cause"},
}
NESTED_FIELDS = {
    "Retry": {"ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds",
              "JitterStrategy"},
    "Catch": {"ErrorEquals", "Next", "Output", "Assign"},
    "Choices": {"Condition", "Next", "Output", "Assign", "Comment"},
}  # fmt: skip
TARGETS = ("Next", "Default")


def problems(definition: dict[str, Any], where: str = "") -> Iterator[str]:
    """Yield a message for each part of the definition that the executor does not support or that
    AWS would reject."""
    states: dict[str, Any] = definition.get("States", {})
    if definition.get("StartAt") not in states:
        yield f"{where or '/'}: the state that StartAt names does not exist"
    for name, state in states.items():
        yield from _problems_of_state(state, states, f"{where}/{name}")


def _problems_of_state(state: dict[str, Any], states: dict[str, Any], path: str) -> Iterator[str]:
    kind = state.get("Type", "")
    if kind not in FIELDS:
        yield f"{path}: unsupported state type {kind!r}"
        return
    for field in _unknown_fields(state, FIELDS[kind]):
        yield f"{path}: unsupported field {field}"
    for target in _targets(state):
        if target not in states:
            yield f"{path}: the state {target!r} does not exist"
    if "Next" in FIELDS[kind] and "Next" not in state and not state.get("End"):
        yield f"{path}: neither Next nor End"
    if kind == "Task" and not state.get("Resource", "").endswith(RESOURCES):
        yield f"{path}: unsupported resource {state.get('Resource')!r}"
    for number, branch in enumerate(state.get("Branches", ())):
        yield from problems(branch, f"{path}[{number}]")


def _unknown_fields(state: dict[str, Any], known: set[str]) -> Iterator[str]:
    yield from sorted(set(state) - known)
    for group, known_in_group in NESTED_FIELDS.items():
        for entry in state.get(group, ()):
            yield from (f"{group}.{name}" for name in sorted(set(entry) - known_in_group))


def _targets(state: dict[str, Any]) -> Iterator[str]:
    for entry in (state, *state.get("Catch", ()), *state.get("Choices", ())):
        yield from (entry[name] for name in TARGETS if name in entry)
