"""Define the errors that end a state or an execution."""

from __future__ import annotations

from collections.abc import Sequence

NEVER_CAUGHT_BY_ALL = ("States.Runtime", "States.DataLimitExceeded")


class StateError(Exception):
    """A failed state, with `error` and `cause` as a Catch gets them. An empty cause is left out."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause

    @property
    def output(self) -> dict[str, str]:
        return {"Error": self.error, **({"Cause": self.cause} if self.cause else {})}

    def is_named_in(self, names: Sequence[str]) -> bool:
        """Return whether a Retry or Catch for `names` matches this error.

        `States.ALL` and `States.TaskFailed` match all but a few errors.
        """
        if self.error in names:
            return True
        if self.error in NEVER_CAUGHT_BY_ALL:
            return False
        return "States.ALL" in names or (
            "States.TaskFailed" in names and self.error != "States.Timeout"
        )


class ExecutionStoppedError(Exception):
    """The execution was aborted: none of its states may continue."""


class ExecutionTimedOutError(Exception):
    """The execution exceeded the time limit of the state machine."""
