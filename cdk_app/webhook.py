"""Create the function that posts each `Job Ended` event, signed, to `-c webhook_url=`."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk_app.bundling import Requirements
from cdk_app.lambda_step import python_function
from lifestream.domain.job_ended import DETAIL_TYPE, SOURCE


class Webhook(Construct):
    """Exposes `function`, and `undelivered`, the queue of events that could not be delivered."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        url: str,
        bucket: s3.IBucket,
        environment: dict[str, str],
    ) -> None:
        super().__init__(scope, construct_id)
        self.undelivered = sqs.Queue(
            self,
            "Undelivered",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        self.function = python_function(
            self,
            handler="triggers.webhook.handler",
            requirements=Requirements.WEBHOOK,
            environment=environment | {"WEBHOOK_URL": url},
            timeout=Duration.minutes(2),
            memory=256,
        )
        lambda_.EventInvokeConfig(
            self,
            "Retries",
            function=self.function,
            retry_attempts=2,
            on_failure=destinations.SqsDestination(self.undelivered),
        )
        events.Rule(
            self,
            "JobEnded",
            description="Post Job Ended to the webhook",
            event_pattern=events.EventPattern(
                source=[SOURCE],
                detail_type=[DETAIL_TYPE],
                detail={"bucket": [bucket.bucket_name]},  # other stages use the same bus
            ),
            targets=[targets.LambdaFunction(self.function, dead_letter_queue=self.undelivered)],
        )
