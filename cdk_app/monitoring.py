"""Create the alarms for everything that needs a person's attention."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk_app.api import Api
from cdk_app.recovery import Recovery
from cdk_app.webhook import Webhook


class Monitoring(Construct):
    def __init__(  # noqa: PLR0913  # a construct's properties, all named
        self,
        scope: Construct,
        construct_id: str,
        *,
        dead_letter_queue: sqs.Queue,
        state_machine: sfn.StateMachine,
        recovery: Recovery,
        api: Api,
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
        self._alarm(
            "ApiErrors",
            api.server_errors,
            "The API could not answer five requests in five minutes: read the function's log",
            threshold=5,
        )
        self._alarm(
            "ApiLatency",
            api.latency,
            "For 15 minutes, one of 20 requests to the API took five seconds or longer",
            threshold=5,
            periods=3,
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

    def _alarm(
        self,
        name: str,
        metric: cloudwatch.Metric,
        description: str,
        *,
        threshold: int = 1,
        periods: int = 1,
    ) -> None:
        """Create an alarm. A period has five minutes."""
        metric.create_alarm(
            self,
            name,
            alarm_description=description,
            threshold=threshold,
            evaluation_periods=periods,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
