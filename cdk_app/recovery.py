"""Create the functions that finalize ended executions and repair lost work.

ExecutionEnded runs whenever an execution ends, the Reconciler every hour.
"""

from __future__ import annotations

from aws_cdk import Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk_app.bundling import Requirements
from cdk_app.grants import allow
from cdk_app.lambda_step import python_function
from lifestream.aws.executions import ENDED

RECONCILE_EVERY = Duration.hours(1)


class Recovery(Construct):
    """Exposes the functions `execution_ended` and `reconciler`, also as `functions`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: dict[str, str],
        state_machine: sfn.StateMachine,
    ) -> None:
        super().__init__(scope, construct_id)
        self.execution_ended = self._function(
            "ExecutionEnded", "execution_ended", environment, Duration.minutes(1)
        )
        self.reconciler = self._function(
            "Reconciler", "reconciler", environment, Duration.minutes(15)
        )
        events.Rule(
            self,
            "Ended",
            description="Finalize an ended execution and publish Job Ended",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "status": list(ENDED),
                    "stateMachineArn": [state_machine.state_machine_arn],
                },
            ),
            targets=[targets.LambdaFunction(self.execution_ended, retry_attempts=8)],
        )
        events.Rule(
            self,
            "Hourly",
            description="Find and repair work that was lost between two services",
            schedule=events.Schedule.rate(RECONCILE_EVERY),
            targets=[targets.LambdaFunction(self.reconciler)],
        )

    @property
    def functions(self) -> tuple[lambda_.Function, lambda_.Function]:
        return self.execution_ended, self.reconciler

    def grant(
        self,
        *,
        jobs: dynamodb.Table,
        slots: dynamodb.Table,
        dead_letter_queue: sqs.Queue,
        state_machine: sfn.StateMachine,
        cluster: ecs.Cluster,
    ) -> None:
        """Grant both functions what they need to finalize an execution."""
        bus = events.EventBus.from_event_bus_name(self, "Bus", "default")
        for function in self.functions:
            row = ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
            allow(function, *row, on=jobs.table_arn)
            slots.grant(function, "dynamodb:UpdateItem")
            dead_letter_queue.grant(function, "sqs:SendMessage")
            # To find out whether the DLQ message was sent already:
            dead_letter_queue.grant(function, "sqs:ReceiveMessage", "sqs:ChangeMessageVisibility")
            state_machine.grant_execution(
                function, "states:DescribeExecution", "states:GetExecutionHistory"
            )
            bus.grant_put_events_to(function)
            function.add_to_role_policy(tasks_of(cluster))
        self._grant_hosts(cluster)

    def _grant_hosts(self, cluster: ecs.Cluster) -> None:
        """Allow the reconciler to find hosts without a container."""
        hosts = Stack.of(self).format_arn(
            service="ecs",
            resource="container-instance",
            resource_name=f"{cluster.cluster_name}/*",
        )
        allow(self.reconciler, "ecs:ListContainerInstances", on=cluster.cluster_arn)
        allow(self.reconciler, "ecs:DescribeContainerInstances", on=hosts)

    def _function(
        self, name: str, module: str, environment: dict[str, str], timeout: Duration
    ) -> lambda_.Function:
        return python_function(
            Construct(self, name),
            handler=f"triggers.{module}.handler",
            requirements=Requirements.BASE,
            environment=environment,
            timeout=timeout,
            memory=512,
        )


def tasks_of(cluster: ecs.Cluster) -> iam.PolicyStatement:
    """Allow listing and stopping the tasks of the cluster.

    The cluster is a condition, because ListTasks has no task as its resource:
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
    """
    return iam.PolicyStatement(
        actions=["ecs:ListTasks", "ecs:DescribeTasks", "ecs:StopTask"],
        resources=["*"],
        conditions={"ArnEquals": {"ecs:cluster": cluster.cluster_arn}},
    )
