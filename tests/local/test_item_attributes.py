"""IAM sees every attribute that a write names, in every syntax."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Attr
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from cdk_app.local.ministack.item_attributes import written_attributes

KEY = {"job_id": "1"}
SET = {"UpdateExpression": "SET a.b = :x, #c[0] = if_not_exists(d, :x) REMOVE e, #f.#g"}
NAMES = {"ExpressionAttributeNames": {"#c": "c", "#f": "f", "#g": "g"}}


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"Key": KEY, **SET, **NAMES}, {"job_id", "a", "c", "d", "e", "f"}),
        ({"Key": KEY, "AttributeUpdates": {"a": {}}, "Expected": {"b": {}}}, {"job_id", "a", "b"}),
        ({"Item": {"job_id": "1", "a": "x"}}, {"job_id", "a"}),
        ({"Key": KEY, "ProjectionExpression": "a"}, {"job_id"}),
    ],
)
def test_top_level_names_are_found(request_: dict[str, Any], expected: set[str]) -> None:
    found = set(written_attributes(request_))

    assert expected <= found
    assert found - expected <= {"SET", "REMOVE", "if_not_exists"}


def test_the_names_that_boto3_makes_for_a_condition_are_resolved() -> None:
    session: Any = boto3.Session("key", "secret")
    table = session.resource("dynamodb", region_name="us-east-1").Table("jobs")
    sent: list[str] = []

    def keep(params: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        sent.append(params["body"])
        return AWSResponse("", 200, HTTPHeaders(), None), {}

    table.meta.client.meta.events.register("before-call.dynamodb.UpdateItem", keep)
    table.update_item(
        Key=KEY,
        UpdateExpression="SET progress = :x",
        ConditionExpression=Attr("attempt").eq(1) & Attr("letter.state").not_exists(),
        ExpressionAttributeValues={":x": 1},
    )

    found = set(written_attributes(json.loads(sent[0])))
    assert {"job_id", "progress", "attempt", "letter"} <= found
