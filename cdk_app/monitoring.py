"""Create the alarms, the topic that publishes them, and the metrics dashboard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from cdk_app.alarms import ALARMS, IDLE_HOST, WEBHOOK_UNDELIVERED, Alarm, Source, runbook_anchor
from cdk_app.config import Config
from cdk_app.metrics_dashboard import MetricsDashboard
from lifestream.domain.metrics import STAGE

if TYPE_CHECKING:
    from cdk_app.stack import LifeStreamStack


class Monitoring(Construct):
    """Exposes `topic`, which publishes every alarm and its end, `alarms` by name, and `outputs`."""

    def __init__(self, scope: LifeStreamStack, construct_id: str, *, config: Config) -> None:
        super().__init__(scope, construct_id)
        self._config = config
        self._dimensions = dimensions_of(scope)
        self.topic = self._topic()
        self.alarms = {alarm.name: self._alarm(alarm) for alarm in alarms_of(config)}
        self.outputs = {"AlarmTopicArn": self.topic.topic_arn}
        if config.metrics_dashboard:
            dashboard = MetricsDashboard(
                self,
                "Dashboard",
                stack=scope,
                dimensions=self._dimensions,
                alarms=self.alarms.values(),
            )
            self.outputs["MetricsUrl"] = dashboard.url

    def _topic(self) -> sns.ITopic:
        """Return the given topic, or create one. Its subscriber confirms by e-mail."""
        if self._config.alarm_topic_arn:
            return sns.Topic.from_topic_arn(self, "Topic", self._config.alarm_topic_arn)
        topic = sns.Topic(self, "Topic", display_name="LifeStream", enforce_ssl=True)
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AllowAlarms",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        if self._config.alarm_email:
            topic.add_subscription(subscriptions.EmailSubscription(self._config.alarm_email))
        return topic

    def _alarm(self, alarm: Alarm) -> cloudwatch.Alarm:
        address = f"{self._config.runbook}#{runbook_anchor(alarm.name)}"
        metric = cloudwatch.Metric(
            namespace=alarm.metric.namespace,
            metric_name=alarm.metric.name,
            dimensions_map=dict(self._dimensions[alarm.metric.source]),
            statistic=alarm.metric.statistic,
            period=Duration.minutes(alarm.minutes),
        )
        created = metric.create_alarm(
            self,
            alarm.name,
            alarm_description=f"{alarm.means}. What to do: {address}",
            threshold=alarm.threshold,
            evaluation_periods=alarm.periods,
            datapoints_to_alarm=alarm.datapoints,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        action = actions.SnsAction(self.topic)
        created.add_alarm_action(action)
        created.add_ok_action(action)
        return created


def alarms_of(config: Config) -> Iterator[Alarm]:
    """Yield the alarms of a deployment: those about parts that it does not have are left out."""
    missing = {
        WEBHOOK_UNDELIVERED: config.webhook_url is None,
        IDLE_HOST: config.compute != "gpu",
    }
    for alarm in ALARMS if config.alarms else ():
        threshold = getattr(config, alarm.switch) if alarm.switch else alarm.threshold
        if threshold is not None and not missing.get(alarm.name):
            yield replace(alarm, threshold=threshold)


def dimensions_of(stack: LifeStreamStack) -> Mapping[Source, Mapping[str, str]]:
    queues = {
        Source.INGEST_QUEUE: stack.uploads.queue,
        Source.DEAD_LETTER_QUEUE: stack.uploads.dead_letter_queue,
        **({Source.UNDELIVERED: stack.webhook.undelivered} if stack.webhook else {}),
    }
    functions = {
        Source.DISPATCHER: stack.dispatcher.function,
        Source.EXECUTION_ENDED: stack.recovery.execution_ended,
        Source.RECONCILER: stack.recovery.reconciler,
        Source.ERASER: stack.erasure.function,
    }
    machine = stack.workflow.state_machine.state_machine_arn
    return {
        Source.ACCOUNT: {},
        Source.STAGE: {STAGE: stack.config.stage},
        Source.STATE_MACHINE: {"StateMachineArn": machine},
        Source.API: {"ApiId": stack.api.id},
        **{source: {"QueueName": queue.queue_name} for source, queue in queues.items()},
        **{source: {"FunctionName": f.function_name} for source, f in functions.items()},
    }
