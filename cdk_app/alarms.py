"""List the alarms: the metric of each, the threshold, and what it means.

This is data without aws_cdk: `monitoring` creates the alarms, the docs list them, and the
simulation evaluates them (tests/reliability/test_alarms.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lifestream.domain.metrics import NAMESPACE, Metric


class Source(StrEnum):
    """What a metric of AWS is about. A metric of ours has the dimension `stage`."""

    ACCOUNT = "Account"
    STAGE = "Stage"
    INGEST_QUEUE = "IngestQueue"
    DEAD_LETTER_QUEUE = "DeadLetterQueue"
    UNDELIVERED = "Undelivered"
    STATE_MACHINE = "StateMachine"
    DISPATCHER = "Dispatcher"
    EXECUTION_ENDED = "ExecutionEnded"
    RECONCILER = "Reconciler"
    ERASER = "Eraser"
    API = "Api"


@dataclass(frozen=True)
class AlarmMetric:
    """A metric and its statistic: `Sum`, `Maximum` or a percentile such as `p95`."""

    namespace: str
    name: str
    source: Source
    statistic: str = "Sum"


@dataclass(frozen=True)
class Alarm:
    """An alarm that rings if `datapoints` of the last `periods` values reach the threshold.

    A period without a value counts as good. `means` is for the e-mail and the table of the docs.
    `switch` names the switch that sets the threshold; without a value, there is no such alarm.
    """

    name: str
    metric: AlarmMetric
    means: str
    threshold: float = 1
    minutes: int = 5
    periods: int = 1
    datapoints: int = 1
    switch: str | None = None


def _sqs(name: str, queue: Source) -> AlarmMetric:
    return AlarmMetric("AWS/SQS", name, queue, "Maximum")


def _errors(function: Source) -> Alarm:
    return Alarm(
        f"{function}Errors",
        AlarmMetric("AWS/Lambda", "Errors", function),
        f"The function {function} failed or exceeded its time limit",
    )


def _ours(metric: Metric, statistic: str = "Sum") -> AlarmMetric:
    return AlarmMetric(NAMESPACE, metric, Source.STAGE, statistic)


VISIBLE = "ApproximateNumberOfMessagesVisible"
WEBHOOK_UNDELIVERED = "WebhookUndelivered"
IDLE_HOST = "IdleHost"
ALARMS = (
    Alarm(
        "DlqMessages",
        _sqs(VISIBLE, Source.DEAD_LETTER_QUEUE),
        "A job failed or lacks a part of its results",
    ),
    Alarm(
        "IngestQueueAge",
        _sqs("ApproximateAgeOfOldestMessage", Source.INGEST_QUEUE),
        "An upload has waited for half an hour to be started",
        threshold=1_800,
    ),
    Alarm(
        "ExecutionsFailed",
        AlarmMetric("AWS/States", "ExecutionsFailed", Source.STATE_MACHINE),
        "Three jobs failed within an hour: this is rarely the videos",
        threshold=3,
        minutes=60,
    ),
    Alarm(
        "JobsAborted",
        _ours(Metric.JOBS_ABORTED),
        "An execution was stopped, and nobody had cancelled its job",
    ),
    Alarm(
        "ExecutionsTimedOut",
        AlarmMetric("AWS/States", "ExecutionsTimedOut", Source.STATE_MACHINE),
        "An execution exceeded the time limit of the state machine",
    ),
    _errors(Source.DISPATCHER),
    _errors(Source.EXECUTION_ENDED),
    _errors(Source.RECONCILER),
    _errors(Source.ERASER),
    Alarm(
        "LambdaThrottles",
        AlarmMetric("AWS/Lambda", "Throttles", Source.ACCOUNT),
        "Lambda has throttled functions of this account and region for 20 of 30 minutes",
        periods=6,
        datapoints=4,
    ),
    Alarm(
        "Repairs",
        _ours(Metric.REPAIRS),
        "The reconciler repaired five things within an hour: something loses work",
        threshold=5,
        minutes=60,
    ),
    Alarm(
        "SlotWait",
        _ours(Metric.LONGEST_WAIT_SECONDS, "Maximum"),
        "A job has waited for a slot or a host for an hour",
        threshold=3_600,
        minutes=60,
    ),
    Alarm(
        "OverdueContainer",
        _ours(Metric.OVERDUE_CONTAINERS, "Maximum"),
        "A container has exceeded its time limit and is still running",
        minutes=60,
    ),
    Alarm(
        IDLE_HOST,
        _ours(Metric.IDLE_HOSTS, "Maximum"),
        "A GPU host has run for an hour without a job: it costs money and does nothing",
        minutes=60,
    ),
    Alarm(
        "DailyCost",
        _ours(Metric.JOB_DOLLARS),
        "The jobs that ended within 24 hours cost more than the daily budget",
        minutes=24 * 60,
        switch="daily_budget",
    ),
    Alarm(
        "ApiErrors",
        AlarmMetric("AWS/ApiGateway", "5xx", Source.API),
        "The API could not answer five requests in five minutes",
        threshold=5,
    ),
    Alarm(
        "ApiLatency",
        _ours(Metric.API_SECONDS, "p95"),
        "For 15 minutes, one of 20 requests to the API took five seconds or longer",
        threshold=5,
        periods=3,
        datapoints=3,
    ),
    Alarm(
        WEBHOOK_UNDELIVERED,
        _sqs(VISIBLE, Source.UNDELIVERED),
        "The webhook did not accept an event: the queue holds it",
    ),
)


def runbook_anchor(name: str) -> str:
    """Return the anchor of a section of docs/runbook.md, as GitHub and the docs site make it."""
    return name.lower().replace(".", "")
