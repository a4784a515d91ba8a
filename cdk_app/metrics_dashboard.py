"""Create the metrics dashboard, in CloudWatch. It answers four questions, in this order: is it
working, how long does it take, what does it cost, what is stuck."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from cdk_app.alarms import Source
from lifestream.aws.slots import Pool
from lifestream.domain.job import TERMINAL_STATUSES
from lifestream.domain.metrics import NAMESPACE, STAGE, Metric
from lifestream.domain.prices import S3_GB_MONTH
from lifestream.step_names import Step

if TYPE_CHECKING:
    from cdk_app.stack import LifeStreamStack

PERIOD, DAY = Duration.hours(1), Duration.days(1)
HALF, THIRD, WHOLE = 12, 8, 24
"""Widths in CloudWatch's grid of 24 columns."""


class MetricsDashboard(Construct):
    """Exposes `url`, its address in the console."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stack: LifeStreamStack,
        dimensions: Mapping[Source, Mapping[str, str]],
        alarms: Iterable[cloudwatch.Alarm],
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage = stack.config.stage
        self._bucket = stack.uploads.bucket.bucket_name
        self._dimensions = dimensions
        dashboard = cloudwatch.Dashboard(self, "Dashboard", default_interval=Duration.days(7))
        dashboard.add_widgets(_title("Is it working?"))
        dashboard.add_widgets(*self._health(list(alarms)))
        dashboard.add_widgets(_title("How long does it take?"))
        dashboard.add_widgets(*self._durations())
        host = stack.transcribe_speech.host
        dashboard.add_widgets(_title("What does it cost?"))
        dashboard.add_widgets(*self._costs(host))
        dashboard.add_widgets(_title("What is stuck?"))
        dashboard.add_widgets(*self._stuck())
        self.url = (
            f"https://{Aws.REGION}.console.aws.amazon.com/cloudwatch/home"
            f"?region={Aws.REGION}#dashboards:name={dashboard.dashboard_name}"
        )

    def _health(self, alarms: list[cloudwatch.Alarm]) -> list[cloudwatch.IWidget]:
        statuses = sorted(TERMINAL_STATUSES)
        ended = [self._ours(Metric.JOBS_ENDED, label=name, status=name) for name in statuses]
        speech = {
            "missing": self._ours(Metric.MISSING_TEXT_SECONDS),
            "flagged": self._ours(Metric.FLAGGED_SECONDS),
            "speech": self._ours(Metric.SPEECH_SECONDS),
        }
        shares = [
            _formula("100 * missing / speech", "without text", speech),
            _formula("100 * flagged / speech", "left out as hallucinated", speech),
        ]
        shown: list[cloudwatch.IWidget] = [
            _graph("Jobs by final status", ended, stacked=True),
            _graph("Speech that is not in the results, in percent", shares),
        ]
        if alarms:
            widget = cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=WHOLE)
            shown.insert(0, widget)
        return shown

    def _durations(self) -> list[cloudwatch.IWidget]:
        steps = [
            self._ours(Metric.STEP_SECONDS, "p50", label=step, step=step)
            for step in Step
            if step != Step.RECORD_FAILURE
        ]
        waits = [
            self._ours(Metric.SLOT_WAIT_SECONDS, "p95", label=f"for a slot: {pool}", pool=pool)
            for pool in Pool
        ]
        queue = self._ours(Metric.QUEUE_SECONDS, "p95", label="from upload to start")
        return [
            _graph("Seconds per step, half of all runs", steps),
            _graph("Seconds of waiting, 19 of 20 jobs", [queue, *waits]),
            _graph("Seconds of work per second of audio", self._half_and_most(RTF), width=HALF),
            _graph("Seconds per answer of the API", self._half_and_most(API), width=HALF),
        ]

    def _costs(self, host: str) -> list[cloudwatch.IWidget]:
        both = {
            "work": self._ours(Metric.CONTAINER_SECONDS),
            "video": self._ours(Metric.VIDEO_SECONDS),
        }
        hours = [
            _formula("work / 3600", f"hours of a {host}", both),
            _formula("video / 3600", "hours of video", both),
        ]
        ratio = [_formula("work / video", f"hours of a {host} per hour of video", both)]
        return [
            *self._dollars(),
            _graph("Hours of containers and of video", hours),
            _graph("Containers per hour of video", ratio),
        ]

    def _dollars(self) -> list[cloudwatch.IWidget]:
        per_job = [self._ours(part, "Average", label=name) for part, name in DOLLARS.items()]
        sums = {part.lower(): self._ours(part) for part in DOLLARS}
        sums["video"] = self._ours(Metric.VIDEO_SECONDS)
        per_hour = [
            _formula(f"3600 * {part.lower()} / video", name, sums) for part, name in DOLLARS.items()
        ]
        return [
            _graph("Dollars per job", per_job, width=THIRD, stacked=True),
            _graph("Dollars per hour of video", per_hour, width=THIRD, stacked=True),
            _graph("Dollars of storage per month", [self._storage()], width=THIRD),
        ]

    def _storage(self) -> cloudwatch.MathExpression:
        """Price what the bucket holds, with old versions. S3 measures it once per day."""
        size = cloudwatch.Metric(
            namespace="AWS/S3",
            metric_name="BucketSizeBytes",
            dimensions_map={"BucketName": self._bucket, "StorageType": "StandardStorage"},
            statistic="Average",
            period=DAY,
        )
        return cloudwatch.MathExpression(
            expression=f"size / 1e9 * {S3_GB_MONTH}",
            label="the bucket",
            using_metrics={"size": size},
            period=DAY,
        )

    def _stuck(self) -> list[cloudwatch.IWidget]:
        age = self._of_aws("AWS/SQS", "ApproximateAgeOfOldestMessage", Source.INGEST_QUEUE)
        visible = "ApproximateNumberOfMessagesVisible"
        queues = [
            self._of_aws("AWS/SQS", visible, Source.INGEST_QUEUE, label="waiting uploads"),
            self._of_aws("AWS/SQS", visible, Source.DEAD_LETTER_QUEUE, label="DLQ messages"),
        ]
        waits = [
            age,
            self._ours(Metric.LONGEST_WAIT_SECONDS, "Maximum", label="a job that waits for a slot"),
        ]
        repairs = [self._ours(Metric.REPAIRS, label="repairs of the reconciler")]
        return [
            _graph("Messages", queues, width=THIRD),
            _graph("Longest wait, in seconds", waits, width=THIRD),
            _graph("Repairs", repairs, width=THIRD),
        ]

    def _half_and_most(self, metric: Metric) -> list[cloudwatch.Metric]:
        names = {"p50": "half", "p95": "19 of 20"}
        return [self._ours(metric, statistic, label=name) for statistic, name in names.items()]

    def _ours(
        self, metric: Metric, statistic: str = "Sum", *, label: str | None = None, **more: str
    ) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=metric,
            dimensions_map={STAGE: self._stage, **more},
            statistic=statistic,
            label=label,
            period=PERIOD,
        )

    def _of_aws(
        self, namespace: str, name: str, source: Source, *, label: str = "the oldest upload"
    ) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=namespace,
            metric_name=name,
            dimensions_map=dict(self._dimensions[source]),
            statistic="Maximum",
            label=label,
            period=PERIOD,
        )


DOLLARS = {
    Metric.HOST_DOLLARS: "containers and hosts",
    Metric.FUNCTION_DOLLARS: "Lambda and Step Functions",
    Metric.MODEL_DOLLARS: "calls of models",
}
RTF, API = Metric.REAL_TIME_FACTOR, Metric.API_SECONDS


def _title(question: str) -> cloudwatch.TextWidget:
    return cloudwatch.TextWidget(markdown=f"## {question}", width=WHOLE, height=1)


def _graph(
    title: str, metrics: Iterable[cloudwatch.IMetric], *, width: int = HALF, stacked: bool = False
) -> cloudwatch.GraphWidget:
    axis = cloudwatch.YAxisProps(min=0, show_units=False)
    return cloudwatch.GraphWidget(
        title=title, left=list(metrics), left_y_axis=axis, width=width, stacked=stacked
    )


def _formula(
    expression: str, label: str, metrics: Mapping[str, cloudwatch.IMetric]
) -> cloudwatch.MathExpression:
    used = {name: metric for name, metric in metrics.items() if name in expression}
    return cloudwatch.MathExpression(
        expression=expression, label=label, using_metrics=used, period=PERIOD
    )
