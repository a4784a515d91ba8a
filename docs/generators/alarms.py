"""List the alarms as a Markdown table: when each rings, and in which case it rings in a test."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from cdk_app.alarms import ALARMS, Alarm, Source, runbook_anchor

TEST = Path(__file__).parents[2] / "tests" / "reliability" / "test_alarms.py"
SOURCES = {
    Source.ACCOUNT: "all functions of the account and region",
    Source.STAGE: "the stage",
    Source.INGEST_QUEUE: "the ingest queue",
    Source.DEAD_LETTER_QUEUE: "the dead-letter queue",
    Source.UNDELIVERED: "the queue of undelivered events",
    Source.STATE_MACHINE: "the state machine",
    Source.API: "the API",
}


@cache
def cases() -> dict[str, tuple[str, str]]:
    """Return alarm → how the fault is injected, and the test's name, from the markers `alarm`."""
    found: dict[str, tuple[str, str]] = {}
    for node in ast.parse(TEST.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith(
                    "mark.alarm"
                ):
                    [name] = [ast.literal_eval(argument) for argument in decorator.args]
                    [by] = [ast.literal_eval(keyword.value) for keyword in decorator.keywords]
                    found[name] = by, node.name
    return found


def table() -> str:
    head = ["| Alarm | Rings if | Rings in the tests after |", "|---|---|---|"]
    return "\n".join([*head, *map(_row, ALARMS)])


def _row(alarm: Alarm) -> str:
    by, test = cases()[alarm.name]
    name = test.removeprefix("test_").replace("_", " ")
    shown = f"{by}: [{name}](../tests/reliability/test_alarms.py)"
    return f"| [{alarm.name}](#{runbook_anchor(alarm.name)}) | {_condition(alarm)} | {shown} |"


def _condition(alarm: Alarm) -> str:
    metric = alarm.metric
    source = SOURCES.get(metric.source, f"the function {metric.source}")
    statistic = {"Sum": "sum", "Maximum": "maximum"}.get(metric.statistic, metric.statistic)
    hours = alarm.minutes // 60
    when = f"in {hours} hours" if hours > 1 else f"in {alarm.minutes} minutes"
    if alarm.periods > 1:
        when = f"in {alarm.datapoints} of {alarm.periods} periods of {alarm.minutes} minutes"
    threshold = f"`-c {alarm.switch}`" if alarm.switch else f"{alarm.threshold:,g}"
    return f"`{metric.namespace}` `{metric.name}` of {source}: {statistic} ≥ {threshold} {when}"
