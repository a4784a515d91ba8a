"""Metrics as a dashboard or an alarm names them, and as log lines in the embedded metric format."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple


class NamedMetric(NamedTuple):
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]


def emitted(lines: Iterable[str]) -> set[NamedMetric]:
    """Return the metrics that CloudWatch makes from these log lines."""
    return {metric for line in lines if line.startswith('{"_aws"') for metric in _in(line)}


def _in(line: str) -> Iterator[NamedMetric]:
    entry: dict[str, Any] = json.loads(line)
    for directive in entry["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = tuple(sorted((name, entry[name]) for name in names))
            for metric in directive["Metrics"]:
                yield NamedMetric(directive["Namespace"], metric["Name"], dimensions)


def shown(body: dict[str, Any]) -> dict[str, list[NamedMetric]]:
    """Return title → the metrics of each graph of a dashboard."""
    return {
        widget["properties"]["title"]: [
            _named(entry)
            for entry in widget["properties"]["metrics"]
            if isinstance(entry[0], str)  # not a formula
        ]
        for widget in body["widgets"]
        if "metrics" in widget["properties"]
    }


def _named(entry: list[Any]) -> NamedMetric:
    """Parse `[namespace, name, dimension, value, …, options]`."""
    namespace, name, *rest = (part for part in entry if isinstance(part, str))
    pairs = zip(rest[::2], rest[1::2], strict=True)
    return NamedMetric(namespace, name, tuple(sorted(pairs)))
