"""Back-pressure in front of the GPU: a set of at most so many executions.

A burst of uploads starts as many executions; they wait here, for a state transition every two
minutes at most, instead of in ECS, which gives up on a task that finds no host.
"""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from cdk_app.config import Config
from lifestream.aws.gpu_slots import ACQUIRE, GPU_POOL, IS_FREE, POOL_KEY, RELEASE

ME = "{% $states.context.Execution.Name %}"
STATE_TIMEOUT = Duration.seconds(30)


class GpuSlots(Construct):
    """`table`, and the two states around the container."""

    def __init__(self, scope: Construct, construct_id: str, *, config: Config) -> None:
        super().__init__(scope, construct_id)
        self._limit = config.max_gpu_tasks
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name=POOL_KEY, type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            removal_policy=config.removal_policy,
        )

    def acquire(self, scope: Construct) -> tasks.DynamoUpdateItem:
        """Fails with DynamoDB.ConditionalCheckFailedException while no slot is free."""
        value = tasks.DynamoAttributeValue
        return self._update(
            scope,
            "AcquireGpuSlot",
            update_expression=ACQUIRE,
            condition_expression=IS_FREE,
            expression_attribute_values={
                ":me": value.from_string_set([ME]),
                ":name": value.from_string(ME),
                ":limit": value.from_number(self._limit),
            },
        )

    def release(self, scope: Construct) -> tasks.DynamoUpdateItem:
        me = tasks.DynamoAttributeValue.from_string_set([ME])
        return self._update(
            scope,
            "ReleaseGpuSlot",
            update_expression=RELEASE,
            expression_attribute_values={":me": me},
        )

    def _update(self, scope: Construct, name: str, **item: object) -> tasks.DynamoUpdateItem:
        return tasks.DynamoUpdateItem.jsonata(
            scope,
            name,
            table=self.table,
            key={POOL_KEY: tasks.DynamoAttributeValue.from_string(GPU_POOL)},
            task_timeout=sfn.Timeout.duration(STATE_TIMEOUT),
            outputs="{% $states.input %}",
            **item,  # type: ignore[arg-type]  # the two callers above name them
        )
