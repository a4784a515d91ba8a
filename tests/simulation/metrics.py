"""CloudWatch in virtual time: the metrics of the simulated cloud, and whether an alarm rings.

AWS's own metrics are counted where the simulation does what AWS does; ours are read from the lines
that the code under test prints. A fake, for tests only.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cdk_app.alarms import Alarm, AlarmMetric, Source
from lifestream.domain.metrics import STAGE, Metric
from simulation.scheduler import Scheduler

Key = tuple[str, str, Source]


@dataclass
class Waiting:
    """A message that is in a queue from one moment to another; None means still."""

    arrived: float
    left: float | None = None

    def oldest_in(self, begin: float, end: float) -> float | None:
        """Return the greatest age of the message in a period, or None if it was not there."""
        last = end if self.left is None else min(self.left, end)
        return last - self.arrived if self.arrived < end and last >= begin else None


@dataclass
class Metrics:
    """The metrics of one cloud.

    values: of events, each with its moment
    levels: of a queue's length: each change, with its moment
    waiting: the messages of the ingest queue
    lines: what the code under test printed
    """

    scheduler: Scheduler
    lines: list[dict[str, Any]] = field(default_factory=list)
    values: dict[Key, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    levels: dict[Key, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    waiting: list[Waiting] = field(default_factory=list)

    def count(self, namespace: str, name: str, source: Source, value: float = 1) -> None:
        self.values[namespace, name, source].append((self.scheduler.time, value))

    def note_length(self, queue: Source, length: int) -> None:
        key = ("AWS/SQS", "ApproximateNumberOfMessagesVisible", queue)
        self.levels[key].append((self.scheduler.time, length))

    def read(self, line: str) -> None:
        """Read a line in the embedded metric format.

        `values` lacks metrics with further dimensions than the stage: no alarm is about them.
        """
        entry: dict[str, Any] = json.loads(line)
        self.lines.append(entry)
        for directive in entry["_aws"]["CloudWatchMetrics"]:
            if directive["Dimensions"] == [[STAGE]]:
                for metric in directive["Metrics"]:
                    [value] = entry[metric["Name"]]
                    self.count(directive["Namespace"], metric["Name"], Source.STAGE, value)

    def printed(self, metric: Metric) -> list[float]:
        """Return the metric's values with any dimensions."""
        return [value for line in self.lines for value in line.get(metric, ())]

    def rings(self, alarm: Alarm) -> bool:
        """Return whether the alarm rang at any time. A period without a value counts as good."""
        bad = {
            number
            for number, values in self._periods(alarm.metric, alarm.minutes * 60)
            if _statistic(alarm.metric.statistic, values) >= alarm.threshold
        }
        windows = (range(first, first + alarm.periods) for first in _starts(bad, alarm.periods))
        return any(len(bad & set(window)) >= alarm.datapoints for window in windows)

    def _periods(self, metric: AlarmMetric, seconds: int) -> Iterator[tuple[int, list[float]]]:
        """Yield the number of each period that has values, and the values."""
        key = (metric.namespace, metric.name, metric.source)
        if metric.name == "ApproximateAgeOfOldestMessage":
            yield from self._ages(seconds)
        elif metric.name == "ApproximateNumberOfMessagesVisible":
            yield from self._lengths(key, seconds)
        else:
            found: dict[int, list[float]] = defaultdict(list)
            for moment, value in self.values[key]:
                found[int(moment // seconds)].append(value)
            yield from found.items()

    def _ages(self, seconds: int) -> Iterator[tuple[int, list[float]]]:
        for number in self._all_periods(seconds):
            begin, end = number * seconds, min((number + 1) * seconds, self.scheduler.time)
            ages = (message.oldest_in(begin, end) for message in self.waiting)
            if found := [age for age in ages if age is not None]:
                yield number, found

    def _lengths(self, key: Key, seconds: int) -> Iterator[tuple[int, list[float]]]:
        """CloudWatch samples a queue's length every minute; a change within a minute is unseen."""
        for number in self._all_periods(seconds):
            moments = range(number * seconds, (number + 1) * seconds, 60)
            lengths = (self._length_at(key, moment + 60) for moment in moments)
            yield number, list(lengths)

    def _length_at(self, key: Key, moment: float) -> float:
        return next((length for at, length in reversed(self.levels[key]) if at <= moment), 0)

    def _all_periods(self, seconds: int) -> range:
        return range(math.ceil(self.scheduler.time / seconds) + 1)


def _starts(bad: set[int], periods: int) -> Iterator[int]:
    for number in bad:
        yield from range(number - periods + 1, number + 1)


def _statistic(name: str, values: list[float]) -> float:
    match name:
        case "Sum":
            return sum(values)
        case "Maximum":
            return max(values)
    share = float(name.removeprefix("p")) / 100
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]
