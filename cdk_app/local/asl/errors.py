"""How a state ends when it does not end well."""

from __future__ import annotations

from collections.abc import Sequence

NEVER_CAUGHT_BY_ALL = ("States.Runtime", "States.DataLimitExceeded")


class StateError(Exception):
    """`error` and `cause` as a Catch sees them; an empty cause is no cause."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause

    @property
    def output(self) -> dict[str, str]:
        return {"Error": self.error, **({"Cause": self.cause} if self.cause else {})}

    def is_named_in(self, names: Sequence[str]) -> bool:
        """`States.ALL` and `States.TaskFailed` each leave some errors out."""
        if self.error in names:
            return True
        if self.error in NEVER_CAUGHT_BY_ALL:
            return False
        return "States.ALL" in names or (
            "States.TaskFailed" in names and self.error != "States.Timeout"
        )


class ExecutionStoppedError(Exception):
    """Somebody aborted the execution; nothing more may happen in it."""


class ExecutionTimedOutError(Exception):
    """The limit of the whole state machine is over."""
