"""Limit how many executions use a resource at once: an execution waits until a slot is free.

A burst of uploads starts one execution per upload. They wait in the state machine, which polls
every two to three minutes, instead of in Lambda or ECS, which give up much sooner.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from cdk_app.config import Config
from cdk_app.guards import failure_of
from lifestream.aws.slots import ACQUIRE, HOLDERS, IS_FREE, POOL_KEY, RELEASE, Pool
from lifestream.errors import NoSlotError

ME = "{% $states.context.Execution.Name %}"
SAME_AS_INPUT = "{% $states.input %}"
STATE_TIMEOUT = Duration.seconds(30)
NO_SLOT_IS_FREE = "DynamoDB.ConditionalCheckFailedException"
FIRST_WAIT_SECONDS = 5
SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 120, 180
AVERAGE_WAIT_SECONDS = (SHORTEST_WAIT_SECONDS + LONGEST_WAIT_SECONDS) // 2
EVENTS_PER_POLL = 9
"""In the execution's history: five for the query, two for the choice, two for the wait."""
MAX_WAIT = {Pool.EXTRACTION: Duration.days(1), Pool.GPU: Duration.days(3)}

Guard = Callable[[sfn.TaskStateBase], sfn.TaskStateBase]
"""A function that adds the Retry and Catch that every state has."""


def max_polls(pool: Pool) -> int:
    """Return how often an execution polls for a slot before it fails."""
    return int(MAX_WAIT[pool].to_seconds()) // AVERAGE_WAIT_SECONDS


def poll_counter(pool: Pool) -> str:
    """Return the name of the variable that counts an execution's polls for a slot."""
    return f"{pool}_slot_polls"


class SlotTable(Construct):
    """Exposes `table`, with one item per pool: the set of executions that hold a slot.

    `limits` has the number of slots per pool.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: Config) -> None:
        super().__init__(scope, construct_id)
        self.limits = {Pool.EXTRACTION: config.max_extractions, Pool.GPU: config.max_gpu_tasks}
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name=POOL_KEY, type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            removal_policy=config.removal_policy,
        )


class SlotLoop:
    """LookForGpuSlot ▶ IsGpuSlotFree ▶ AcquireGpuSlot, or WaitForGpuSlot and look again.

    LookForGpuSlot avoids most failed attempts to acquire a slot, which the console would show.
    The condition of AcquireGpuSlot decides.

    Exposes `first`, the state to enter, and `acquired`, the last state, which holds a slot. If no
    slot is free for too long, the failure goes to `on_timeout`.
    """

    def __init__(
        self, scope: Construct, pool: Pool, *, slots: SlotTable, guard: Guard, on_timeout: sfn.State
    ) -> None:
        self._scope = scope
        self._pool = pool
        self._slots = slots
        self._slot = f"{pool.title()}Slot"
        self._limit = slots.limits[pool]
        wait = self._wait()
        self.acquired = guard(self._acquire(wait))
        self.first = guard(self._look())
        self.first.next(self._is_free(wait, on_timeout))
        wait.next(self.first)

    def release(self) -> tasks.DynamoUpdateItem:
        me = tasks.DynamoAttributeValue.from_string_set([ME])
        return tasks.DynamoUpdateItem.jsonata(
            self._scope,
            f"Release{self._slot}",
            comment=f"Release the {self._pool.label} slot",
            update_expression=RELEASE,
            expression_attribute_values={":me": me},
            **self._item,
        )

    @property
    def _item(self) -> Any:  # the arguments that all three states share
        return {
            "table": self._slots.table,
            "key": {POOL_KEY: tasks.DynamoAttributeValue.from_string(self._pool)},
            "task_timeout": sfn.Timeout.duration(STATE_TIMEOUT),
            "outputs": SAME_AS_INPUT,
        }

    def _look(self) -> tasks.DynamoGetItem:
        holders = f"$states.result.Item.{HOLDERS}.SS"
        is_free = (
            f"$count({holders}) < {self._limit} or $states.context.Execution.Name in {holders}"
        )
        polls = poll_counter(self._pool)
        return tasks.DynamoGetItem.jsonata(
            self._scope,
            f"LookFor{self._slot}",
            comment=f"Is any {self._pool.label} slot free? Limit: {self._limit}",
            consistent_read=True,
            assign={"is_slot_free": f"{{% {is_free} %}}", polls: f"{{% ${polls} + 1 %}}"},
            **self._item,
        )

    def _is_free(self, wait: sfn.Wait, on_timeout: sfn.State) -> sfn.Choice:
        is_too_long = f"{{% ${poll_counter(self._pool)} >= {max_polls(self._pool)} %}}"
        days = MAX_WAIT[self._pool].to_days()
        cause = f"no {self._pool.label} slot was free for {days:.0f} day{'s' if days > 1 else ''}"
        return (
            sfn.Choice.jsonata(
                self._scope, f"Is{self._slot}Free", comment="Continue, poll again later, or fail"
            )
            .when(sfn.Condition.jsonata("{% $is_slot_free %}"), self.acquired)
            .when(
                sfn.Condition.jsonata(is_too_long),
                on_timeout,
                outputs=failure_of(f"WaitFor{self._slot}", error=NoSlotError.__name__, cause=cause),
            )
            .otherwise(wait)
        )

    def _wait(self) -> sfn.Wait:
        """Wait with exponential backoff, and with jitter, so that executions poll at different
        times."""
        doubled = f"{FIRST_WAIT_SECONDS} * $power(2, $min([${poll_counter(self._pool)}, 6]))"
        capped = f"$min([{SHORTEST_WAIT_SECONDS}, {doubled}])"
        jitter = LONGEST_WAIT_SECONDS / SHORTEST_WAIT_SECONDS - 1
        return sfn.Wait.jsonata(
            self._scope,
            f"WaitFor{self._slot}",
            comment=f"No {self._pool.label} slot is free. Limit: {self._limit}",
            time=sfn.WaitTime.seconds(f"{{% $ceil({capped} * (1 + {jitter} * $random())) %}}"),
        )

    def _acquire(self, wait: sfn.Wait) -> tasks.DynamoUpdateItem:
        """Take a slot. If two executions saw the same free slot, the condition lets one have it."""
        value = tasks.DynamoAttributeValue
        state = tasks.DynamoUpdateItem.jsonata(
            self._scope,
            f"Acquire{self._slot}",
            comment=f"Take one {self._pool.label} slot, unless another execution was faster",
            update_expression=ACQUIRE,
            condition_expression=IS_FREE,
            expression_attribute_values={
                ":me": value.from_string_set([ME]),
                ":name": value.from_string(ME),
                ":limit": value.from_number(self._limit),
            },
            **self._item,
        )
        state.add_retry(errors=[NO_SLOT_IS_FREE], max_attempts=0)
        state.add_catch(wait, errors=[NO_SLOT_IS_FREE], outputs=SAME_AS_INPUT)
        return state
