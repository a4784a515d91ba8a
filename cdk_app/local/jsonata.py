"""JSONata as Step Functions evaluates it: `{% … %}` in strings, at any depth."""

from __future__ import annotations

from typing import Any

import jsonata

from cdk_app.local.states_errors import StateError

TIMEOUT_MILLISECONDS = 1_000


def evaluate(template: Any, states: dict[str, Any]) -> Any:  # any JSON
    """The template with every expression replaced by its value. `states` is `$states`.

    Raises StateError States.QueryEvaluationError, also where an expression yields nothing:
    JSON cannot represent undefined.
    """
    if isinstance(template, dict):
        return {name: evaluate(value, states) for name, value in template.items()}
    if isinstance(template, list):
        return [evaluate(value, states) for value in template]
    if isinstance(template, str) and template.startswith("{%") and template.endswith("%}"):
        return _evaluate(template[2:-2].strip(), states)
    return template


def _evaluate(expression: str, states: dict[str, Any]) -> Any:  # any JSON
    value = _run(expression, states)
    if value is None and not _run(f"$exists(({expression}))", states):
        raise StateError(
            "States.QueryEvaluationError", f"the expression returned nothing: {expression}"
        )
    return value


def _run(expression: str, states: dict[str, Any]) -> Any:  # any JSON
    try:
        compiled = jsonata.Jsonata.jsonata(expression, timeout=TIMEOUT_MILLISECONDS)
        return compiled.evaluate(None, {"states": states})
    except Exception as error:  # the engine raises whatever Python raises
        raise StateError("States.QueryEvaluationError", f"{expression}: {error}") from error
