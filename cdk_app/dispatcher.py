"""Create the function that starts an execution for each message of the ingest queue."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk_app.bundling import Requirements
from cdk_app.lambda_step import python_function

DISPATCHER_TIMEOUT = Duration.seconds(30)
BATCH_SIZE = 10


class Dispatcher(Construct):
    """Exposes `function`. A bad message fails alone, not its batch; `max_concurrency` keeps a
    burst of uploads from starting all executions at once."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: dict[str, str],
        queue: sqs.IQueue,
        state_machine: sfn.IStateMachine,
        max_concurrency: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self.function = python_function(
            self,
            handler="triggers.dispatcher.handler",
            requirements=Requirements.BASE,
            environment=environment
            | {
                "AWS_SQS_QUEUE_URL": queue.queue_url,
                "STATE_MACHINE_ARN": state_machine.state_machine_arn,
            },
            timeout=DISPATCHER_TIMEOUT,
            memory=512,
        )
        self.function.add_event_source(
            event_sources.SqsEventSource(
                queue,
                batch_size=BATCH_SIZE,
                report_batch_item_failures=True,
                max_concurrency=max_concurrency,
            )
        )
