"""Create the alarms for everything that needs a person's attention."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk_app.recovery import Recovery
from cdk_app.webhook import Webhook


class Monitoring(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dead_letter_queue: sqs.Queue,
        state_machine: sfn.StateMachine,
        recovery: Recovery,
        webhook: Webhook | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._alarm(
            "DlqMessages",
            dead_letter_queue.metric_approximate_number_of_messages_visible(),
            "A job failed or lacks a part of its results: read the DLQ message",
        )
        self._alarm(
            "TimedOut",
            state_machine.metric_timed_out(),
            "An execution exceeded the time limit of the state machine",
        )
        if webhook:
            self._alarm(
                "WebhookUndelivered",
                webhook.undelivered.metric_approximate_number_of_messages_visible(),
                "The webhook did not accept an event: the queue holds it",
            )
        for function, name in zip(
            recovery.functions, ("ExecutionEnded", "Reconciler"), strict=True
        ):
            self._alarm(
                f"{name}Errors",
                function.metric_errors(),
                f"{name} fails: an aborted job may lack its DLQ message",
            )

    def _alarm(self, name: str, metric: cloudwatch.Metric, description: str) -> None:
        metric.create_alarm(
            self,
            name,
            alarm_description=description,
            threshold=1,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
