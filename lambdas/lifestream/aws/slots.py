"""Decide which executions may use a limited resource: one item per pool holds a set of names.

The state machine adds an execution's name if the set is not full, and removes it afterwards. Adding
or removing a name twice changes nothing, and there is no counter that could drift.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

POOL_KEY = "pool"
HOLDERS = "holders"
RELEASE = f"DELETE {HOLDERS} :me"
ACQUIRE = f"ADD {HOLDERS} :me"
IS_FREE = (
    f"attribute_not_exists({HOLDERS}) OR size({HOLDERS}) < :limit OR contains({HOLDERS}, :name)"
)


class Pool(StrEnum):
    """The limited resources.

    EXTRACTION: Lambda concurrency, which a small account soon uses up. GPU: containers, because ECS
    gives up on tasks that wait too long for a host.
    """

    EXTRACTION = "extraction"
    GPU = "gpu"

    @property
    def label(self) -> str:
        """The name that people read."""
        return self.upper() if self is Pool.GPU else self.value


class Slots:
    def __init__(self, table: Table) -> None:
        self._table = table

    def holders(self) -> set[str]:
        """Return the names of the executions that hold a slot in any pool."""
        return set().union(*map(self._holders_of, Pool))

    def release(self, execution_name: str) -> None:
        """Release the execution's slots in every pool. Nothing happens if it holds none."""
        for pool in Pool:
            self._table.update_item(
                Key={POOL_KEY: pool},
                UpdateExpression=RELEASE,
                ExpressionAttributeValues={":me": {execution_name}},
            )

    def _holders_of(self, pool: Pool) -> set[str]:
        answer = self._table.get_item(Key={POOL_KEY: pool}, ConsistentRead=True)
        holders = answer.get("Item", {}).get(HOLDERS, set())
        return {str(name) for name in holders} if isinstance(holders, set) else set()
