"""Who may use a GPU right now: one item, a set of execution names.

The state machine adds a name (AcquireGpuSlot) where the set is not full, and removes it again.
In a set a name is once or not at all, so doing either twice is doing it once, and no counter can
drift. ECS itself gives up on tasks that wait for a host, so the waiting happens here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

POOL_KEY = "pool"
GPU_POOL = "gpu"
HOLDERS = "holders"
RELEASE = f"DELETE {HOLDERS} :me"
ACQUIRE = f"ADD {HOLDERS} :me"
IS_FREE = (
    f"attribute_not_exists({HOLDERS}) OR size({HOLDERS}) < :limit OR contains({HOLDERS}, :name)"
)


class GpuSlots:
    def __init__(self, table: Table) -> None:
        self._table = table

    def holders(self) -> set[str]:
        """The names of the executions that hold a slot."""
        answer = self._table.get_item(Key={POOL_KEY: GPU_POOL}, ConsistentRead=True)
        holders = answer.get("Item", {}).get(HOLDERS, set())
        return {str(name) for name in holders} if isinstance(holders, set) else set()

    def release(self, execution_name: str) -> None:
        """Nothing happens where it holds none."""
        self._table.update_item(
            Key={POOL_KEY: GPU_POOL},
            UpdateExpression=RELEASE,
            ExpressionAttributeValues={":me": {execution_name}},
        )
