"""A query of an index answers as MiniStack does, and examines no more than its page."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cdk_app.local.ministack import index_queries

Request = dict[str, Any]
Answer = tuple[int, Request]
KINDS = ("job", "speaker")
TEXTS = [f"2026-11-{day:02}" for day in range(1, 13)]
NUMBERS = [str(n) for n in (-3, -1, 0, 2, 9, 10, 11, 100)]
JOBS: Request = {
    "IndexName": "by-text",
    "KeyConditionExpression": "kind = :kind",
    "ExpressionAttributeValues": {":kind": {"S": "job"}},
}


class Table:
    """A table with an index by text and one by number, in the patched MiniStack.

    `unpatched` is the query as MiniStack itself answers it.
    """

    def __init__(self, dynamodb: Any, unpatched: Callable[[Request], Any]) -> None:
        self._dynamodb = dynamodb
        self._unpatched = unpatched
        types = {"id": "S", "part": "N", "kind": "S", "at": "S", "size": "N"}
        self.do(
            dynamodb._create_table,
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": kind} for name, kind in types.items()
            ],
            KeySchema=schema("id", "part"),
            BillingMode="PAY_PER_REQUEST",
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by-text",
                    "KeySchema": schema("kind", "at"),
                    "Projection": {"ProjectionType": "ALL"},
                },
                {
                    "IndexName": "by-number",
                    "KeySchema": schema("kind", "size"),
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                },
                {
                    "IndexName": "by-kind",
                    "KeySchema": schema("kind"),
                    "Projection": {"ProjectionType": "ALL"},
                },
            ],
        )

    def do(self, action: Callable[[Request], Any], **request: Any) -> Answer:
        status, _, body = action({"TableName": "things", **request})
        return status, json.loads(body)

    def write(self, chance: random.Random) -> None:
        """Put, change or delete an item; not every item has the keys of every index."""
        key = {"id": {"S": str(chance.randrange(30))}, "part": {"N": chance.choice("12")}}
        match chance.randrange(6):
            case 0:
                status, _ = self.do(self._dynamodb._delete_item, Key=key)
            case 1:
                status, _ = self.do(
                    self._dynamodb._update_item,
                    Key=key,
                    UpdateExpression="SET #at = :at REMOVE size",
                    ExpressionAttributeNames={"#at": "at"},
                    ExpressionAttributeValues={":at": {"S": chance.choice(TEXTS)}},
                )
            case _:
                status, _ = self.do(self._dynamodb._put_item, Item=key | some(chance))
        assert status == 200

    def put(self, number: int, *, at: str) -> None:
        item = {"id": {"S": str(number)}, "part": {"N": "1"}, "kind": {"S": "job"}, "at": {"S": at}}
        status, _ = self.do(self._dynamodb._put_item, Item=item)
        assert status == 200

    def ask(self, query: Request) -> Answer:
        """Query, and require the answer to be that of MiniStack itself."""
        answer = self.do(self._dynamodb._query, **query)
        assert answer == self.do(self._unpatched, **query), query
        return answer


def schema(*names: str) -> list[dict[str, str]]:
    kinds = ("HASH", "RANGE")
    return [
        {"AttributeName": name, "KeyType": kind} for name, kind in zip(names, kinds, strict=False)
    ]


def some(chance: random.Random) -> Request:
    given = {
        "kind": {"S": chance.choice(KINDS)},
        "at": {"S": chance.choice(TEXTS)},
        "size": {"N": chance.choice(NUMBERS)},
        "status": {"S": chance.choice(("FAILED", "SUCCEEDED"))},
        "text": {"S": "x" * chance.choice((1, 100_000, 300_000))},
    }
    return {name: value for name, value in given.items() if chance.random() < 0.9}


def a_query(chance: random.Random) -> Request:
    index, sort_key = chance.choice([("by-text", "at"), ("by-number", "size"), ("by-kind", None)])
    query: Request = {"IndexName": index, "ScanIndexForward": chance.random() < 0.5}
    query |= conditions(chance, sort_key)
    if chance.random() < 0.7:
        query["Limit"] = chance.choice((1, 2, 3, 7, 100))
    if chance.random() < 0.3:
        query["FilterExpression"] = "#status = :status"
        query.setdefault("ExpressionAttributeNames", {})["#status"] = "status"
        query.setdefault("ExpressionAttributeValues", {})[":status"] = {"S": "FAILED"}
    if chance.random() < 0.2:
        query["Select"] = "COUNT"
    elif chance.random() < 0.2:
        query["ProjectionExpression"] = "id, kind, #text"
        query.setdefault("ExpressionAttributeNames", {})["#text"] = "text"
    return query


def conditions(chance: random.Random, sort_key: str | None) -> Request:
    kind = {"S": chance.choice((*KINDS, "nothing"))}
    if chance.random() < 0.2:
        return {
            "KeyConditions": {"kind": {"ComparisonOperator": "EQ", "AttributeValueList": [kind]}}
        }
    query: Request = {
        "KeyConditionExpression": "kind = :kind",
        "ExpressionAttributeValues": {":kind": kind},
    }
    if sort_key and chance.random() < 0.6:
        typed, texts = ("S", TEXTS) if sort_key == "at" else ("N", NUMBERS)
        low, high = sorted(chance.sample(range(len(texts)), 2))
        bounds = {":low": {typed: texts[low]}}
        rules = ["= :low", "< :low", "<= :low", "> :low", ">= :low", "BETWEEN :low AND :high"]
        rule = chance.choice(rules)
        if ":high" in rule:
            bounds[":high"] = {typed: texts[high]}
        query["KeyConditionExpression"] += f" AND #sort {rule}"
        query["ExpressionAttributeNames"] = {"#sort": sort_key}
        query["ExpressionAttributeValues"] |= bounds
    return query


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    from ministack.services import dynamodb

    for name in index_queries.PATCHED:  # restores them at the end
        monkeypatch.setattr(dynamodb, name, getattr(dynamodb, name))
    unpatched = dynamodb._query
    index_queries.install()
    yield Table(dynamodb, unpatched)
    dynamodb._delete_table({"TableName": "things"})


@pytest.mark.parametrize("seed", range(3))
def test_answers_are_those_of_ministack(table: Table, seed: int) -> None:
    chance = random.Random(seed)
    answered = []
    for _ in range(60):
        for _ in range(chance.randrange(8)):
            table.write(chance)
        query = a_query(chance)
        while query:
            status, answer = table.ask(query)
            assert status == 200, answer
            answered.append(answer["Count"])
            cursor = answer.get("LastEvaluatedKey")
            if cursor and chance.random() < 0.3:  # between two pages, the table changes
                table.write(chance)
            query = query | {"ExclusiveStartKey": cursor} if cursor else {}

    assert sum(map(bool, answered)) > 60


@pytest.mark.parametrize(
    "wrong",
    [
        {"KeyConditionExpression": "missing = :kind"},
        {"KeyConditionExpression": "kind > :kind"},
        {"IndexName": "missing"},
        {"Limit": 0},
        {"ExclusiveStartKey": {"kind": {"S": "job"}}},
        {"FilterExpression": "(("},
    ],
)
def test_wrong_queries_are_refused_as_by_ministack(table: Table, wrong: Request) -> None:
    table.do(
        table._dynamodb._put_item,
        Item={"id": {"S": "1"}, "part": {"N": "1"}} | {"kind": {"S": "job"}, "at": {"S": "2026"}},
    )
    status, _ = table.ask(JOBS | wrong)

    assert status == 400


def test_a_page_examines_no_other_items(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first query sorts the items; the second one and a write do not."""
    dynamodb = table._dynamodb
    for number in range(300):
        table.put(number, at=f"{number:03}")
    query: Request = {**JOBS, "ScanIndexForward": False, "Limit": 5}
    _, first = table.do(dynamodb._query, **query)
    examined: list[Any] = []
    evaluate = dynamodb._evaluate_condition

    def counted(*arguments: Any, **more: Any) -> Any:
        examined.append(arguments)
        return evaluate(*arguments, **more)

    monkeypatch.setattr(dynamodb, "_evaluate_condition", counted)
    query["ExclusiveStartKey"] = first["LastEvaluatedKey"]
    _, second = table.do(dynamodb._query, **query)

    assert [item["at"]["S"] for item in second["Items"]] == ["294", "293", "292", "291", "290"]
    assert len(examined) < 20
