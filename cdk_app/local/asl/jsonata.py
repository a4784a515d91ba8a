"""Evaluate JSONata as Step Functions does: `{% … %}` in strings, at any depth."""

from __future__ import annotations

from copy import copy
from functools import cache
from typing import Any

import jsonata

from cdk_app.local.asl.errors import StateError

TIMEOUT_MILLISECONDS = 60_000
"""Ends an endless expression. A busy machine may suspend a thread for more than a second."""


def evaluate(template: Any, bindings: dict[str, Any]) -> Any:  # any JSON
    """Return the template with every expression replaced by its value.

    `bindings` has the value of each variable by name; `states` is `$states`.

    Raises StateError States.QueryEvaluationError if an expression is invalid, fails, or yields
    nothing, because JSON cannot represent undefined.
    """
    if isinstance(template, dict):
        return {name: evaluate(value, bindings) for name, value in template.items()}
    if isinstance(template, list):
        return [evaluate(value, bindings) for value in template]
    if isinstance(template, str) and template.startswith("{%") and template.endswith("%}"):
        return _evaluate(template[2:-2].strip(), bindings)
    return template


def _evaluate(expression: str, bindings: dict[str, Any]) -> Any:  # any JSON
    value = _run(expression, bindings)
    if value is None and not _run(f"$exists(({expression}))", bindings):
        raise StateError(
            "States.QueryEvaluationError", f"the expression returned nothing: {expression}"
        )
    return value


def _run(expression: str, bindings: dict[str, Any]) -> Any:  # any JSON
    try:
        compiled = copy(_compiled(expression))
        jsonata.Jsonata.CURRENT.jsonata = compiled  # the thread's own, from which $now() reads
        frame = compiled.create_frame()
        frame.set_runtime_bounds(TIMEOUT_MILLISECONDS, None)  # from now
        for name, value in bindings.items():
            frame.bind(name, value)
        return compiled.evaluate(None, frame)
    except Exception as error:  # the engine raises any Python exception
        raise StateError("States.QueryEvaluationError", f"{expression}: {error}") from error


@cache
def _compiled(expression: str) -> jsonata.Jsonata:
    """Parse an expression once, because that takes several times as long as its evaluation."""
    return jsonata.Jsonata.jsonata(expression)
