"""The one logger and the one emitter of metrics.

Logs are events with fields, never transcript text, object keys or secrets. A metric is a log line
in the embedded metric format, which CloudWatch turns into a metric, without a request or a grant:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics

from lifestream.domain.metrics import NAMESPACE, STAGE, Metric
from lifestream.settings import StageSettings, load

logger = Logger(service="lifestream")


def emit(values: Mapping[Metric, float], *, job_id: str | None = None, **dimensions: str) -> None:
    """Emit the metrics in one line, with `stage` and the given dimensions.

    `job_id` is a field of the line, not a dimension: each value of a dimension is a metric of its
    own, which costs money. Outside of a deployment, in commands and tests, nothing is emitted.
    """
    stage = load(StageSettings).stage
    if stage is None:
        return
    metrics = EphemeralMetrics(namespace=NAMESPACE)
    for name, text in {STAGE: stage, **dimensions}.items():
        metrics.add_dimension(name, text)
    for metric, value in values.items():
        metrics.add_metric(metric, metric.unit, value)
    if job_id:
        metrics.add_metadata("job_id", job_id)
    metrics.flush_metrics()
