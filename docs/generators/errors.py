"""List the named errors and their advice as a Markdown list."""

from __future__ import annotations

from collections.abc import Iterator

from lifestream import errors
from lifestream.errors import PipelineError


def tree() -> str:
    """One item per error, indented below the error that it is a kind of."""
    return "\n".join(
        f"{'    ' * depth}- **{error.__name__}**: {error.advice}"
        for depth, error in _with_subclasses(PipelineError)
    )


def _with_subclasses(
    error: type[PipelineError], depth: int = 0
) -> Iterator[tuple[int, type[PipelineError]]]:
    yield depth, error
    for kind in error.__subclasses__():
        if kind.__module__.startswith(errors.__name__):
            yield from _with_subclasses(kind, depth + 1)
