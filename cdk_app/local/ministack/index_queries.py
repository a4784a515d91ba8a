"""Patch DynamoDB: a query of an index reads its page, not all items of the index.

MiniStack sorts and examines every item of an index partition for each query. Here the items of a
partition stay sorted from the first query on, and MiniStack gets only those that the page can
contain. It validates, filters and projects as before.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple

from cdk_app.local.ministack import require

Item = dict[str, Any]
Table = dict[str, Any]
Query = dict[str, Any]
BaseKey = tuple[Any, Any]
PATCHED = ("_query", "_index_members", "_index_item", "_INDEX_MEMBERS")
USED = (
    "_apply_exclusive_start_key",
    "_evaluate_condition",
    "_index_def",
    "_index_key_lists",
    "_index_key_schemas",
    "_index_order_keys",
    "_index_order_value",
    "_index_partition",
    "_paginate_evaluated_items",
)


class Place(NamedTuple):
    """Where an item is in its index partition: `order` is what MiniStack sorts by."""

    order: tuple[Any, ...]
    key: BaseKey


class Members(dict[str, Any]):
    """The members of each index, as MiniStack keeps them with the table, and their places.

    MiniStack drops them when it replaces the table's items or changes its indexes.
    """

    def __init__(self, members: dict[str, Any]) -> None:
        super().__init__(members)
        self.places: dict[tuple[str, Any], list[Place]] = {}


_query: ContextVar[Query | None] = ContextVar("query", default=None)
"""The query that MiniStack answers now."""


def install() -> None:
    from ministack.services import dynamodb

    missing = [name for name in (*PATCHED, *USED) if not hasattr(dynamodb, name)]
    require(not missing, f"DynamoDB's queries without {missing}")
    answer, members_of, index_item = (
        dynamodb._query,  # noqa: SLF001
        dynamodb._index_members,  # noqa: SLF001
        dynamodb._index_item,  # noqa: SLF001
    )

    def query(data: Query) -> Any:  # MiniStack's response
        token = _query.set(data)
        try:
            return answer(data)
        finally:
            _query.reset(token)

    def index_members(table: Table) -> dict[str, Any]:
        members = members_of(table)
        if not isinstance(members, Members):
            members = table[dynamodb._INDEX_MEMBERS] = Members(members)  # noqa: SLF001
        data = _query.get()
        if data is None or not data.get("KeyConditionExpression"):
            return members
        return {data["IndexName"]: Page(table, members, data)}

    def index_item_in_order(
        table: Table, base_pk: Any, base_sk: Any, item: Item, *, add: bool
    ) -> None:
        index_item(table, base_pk, base_sk, item, add=add)
        members = table.get(dynamodb._INDEX_MEMBERS)  # noqa: SLF001
        if isinstance(members, Members):
            _update(members, table, (base_pk, base_sk), item, add=add)

    dynamodb._query = query  # noqa: SLF001
    dynamodb._index_members = index_members  # noqa: SLF001
    dynamodb._index_item = index_item_in_order  # noqa: SLF001


class Page:
    """Stands for the partitions of one index, and has only those items that the page can have."""

    def __init__(self, table: Table, members: Members, data: Query) -> None:
        self._table = table
        self._members = members
        self._data = data
        self._index = data["IndexName"]

    def get(self, partition: Any, default: Iterable[BaseKey] = ()) -> Iterable[BaseKey]:
        """Return the keys of the page's items, and of the item that ended the page."""
        try:
            return self._read(partition)
        except (TypeError, ValueError):  # MiniStack reports it
            members: Iterable[BaseKey] = self._members[self._index].get(partition, default)
            return members

    def _read(self, partition: Any) -> list[BaseKey]:
        from ministack.services import dynamodb

        read: list[BaseKey] = []

        def matching() -> Iterator[Item]:
            for pk, sk in self._from_cursor(partition):
                item = self._table["items"][pk][sk]
                if self._is_wanted(item):
                    read.append((pk, sk))
                    yield item

        dynamodb._paginate_evaluated_items(  # noqa: SLF001
            matching(), self._data.get("Limit"), self._table, self._index
        )
        return read

    def _from_cursor(self, partition: Any) -> Iterator[BaseKey]:
        """Yield the keys after the cursor, in the order of the query."""
        places = self._places(partition)
        cursor = self._data.get("ExclusiveStartKey")
        order = _order(self._table, self._index, cursor) if cursor else None
        if self._data.get("ScanIndexForward", True):
            start = bisect_right(places, order, key=_order_of) if order else 0
            yield from (places[n].key for n in range(start, len(places)))
        else:
            end = bisect_left(places, order, key=_order_of) if order else len(places)
            yield from (places[n].key for n in range(end - 1, -1, -1))

    def _places(self, partition: Any) -> list[Place]:
        known = self._members.places
        if (self._index, partition) not in known:
            items = self._table["items"]
            keys = self._members[self._index].get(partition, ())
            known[self._index, partition] = sorted(
                Place(_order(self._table, self._index, items[pk][sk]), (pk, sk)) for pk, sk in keys
            )
        return known[self._index, partition]

    def _is_wanted(self, item: Item) -> bool:
        from ministack.services import dynamodb

        data = self._data
        return bool(
            dynamodb._evaluate_condition(  # noqa: SLF001
                data["KeyConditionExpression"],
                item,
                data.get("ExpressionAttributeValues", {}),
                data.get("ExpressionAttributeNames", {}),
                slot="KeyConditionExpression",
            )
        )


def _update(members: Members, table: Table, key: BaseKey, item: Item, *, add: bool) -> None:
    """Keep the places up to date with a write."""
    from ministack.services import dynamodb

    for name, hashes, ranges in dynamodb._index_key_schemas(table):  # noqa: SLF001
        partition = dynamodb._index_partition(item, hashes, ranges)  # noqa: SLF001
        places = members.places.get((name, partition))
        if places is None:
            continue
        place = Place(_order(table, name, item), key)
        at = bisect_left(places, place)
        if add:
            places.insert(at, place)
        elif places[at : at + 1] == [place]:
            del places[at]


def _order(table: Table, index_name: str, item: Item) -> tuple[Any, ...]:
    from ministack.services import dynamodb

    index = dynamodb._index_def(table, index_name)  # noqa: SLF001
    _, ranges = dynamodb._index_key_lists(index)  # noqa: SLF001
    names: Sequence[tuple[str, str]] = dynamodb._index_order_keys(table, ranges)  # noqa: SLF001
    return tuple(dynamodb._index_order_value(item, name, kind) for name, kind in names)  # noqa: SLF001


def _order_of(place: Place) -> tuple[Any, ...]:
    return place.order
