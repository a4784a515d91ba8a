"""The fixtures from AWS's documents are valid for AWS's own models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import urlparse

import botocore.session
import pytest
from aws_lambda_powertools.utilities.parser.models import (
    EventBridgeModel,
    S3EventNotificationEventBridgeModel,
    S3Model,
    S3SqsEventNotificationModel,
    SqsModel,
)
from botocore.model import ListShape, ServiceModel, Shape, StructureShape

from aws_documents import document, subjects

CONFIDENCES = ("document", "github issue", "field report")
OF_AWS = ("docs.aws.amazon.com", "repost.aws")
S3 = document("s3_events")
SQS = document("lambda_sqs")
SYNC = document("ecs_run_task_sync")
TASKS = [SYNC["success"]["output"], *(failure["cause"] for failure in SYNC["failures"])]
MODELLED = [limit for limit in document("limits")["limits"] if "model" in limit]


def entries(found: Any) -> Iterator[dict[str, Any]]:
    if isinstance(found, dict) and "source" in found:
        yield found
    elif isinstance(found, dict):
        for value in found.values():
            yield from entries(value)
    elif isinstance(found, list):
        for value in found:
            yield from entries(value)


@pytest.mark.parametrize("subject", subjects())
def test_every_entry_names_its_source_its_sentence_and_how_sure_it_is(subject: str) -> None:
    found = list(entries(document(subject)))

    assert found
    for entry in found:
        assert urlparse(entry["source"]).scheme == "https"
        assert entry["says"]
        assert entry["confidence"] in CONFIDENCES
        if entry["confidence"] == "document":
            assert urlparse(entry["source"]).hostname in OF_AWS


@pytest.mark.parametrize("example", S3["notifications"], ids=lambda example: example["name"])
def test_powertools_takes_the_notifications_from_a_queue(example: dict[str, Any]) -> None:
    """Powertools for AWS Lambda is AWS's own library."""
    S3Model.model_validate(example["message"])
    in_queue = SQS["event"]["event"]["Records"][0] | {"body": json.dumps(example["message"])}

    parsed = S3SqsEventNotificationModel.model_validate({"Records": [in_queue]})

    assert len(parsed.Records[0].body.Records) == len(example["message"]["Records"])


@pytest.mark.parametrize("example", S3["event_bridge"], ids=lambda example: example["name"])
def test_powertools_takes_the_events_of_event_bridge(example: dict[str, Any]) -> None:
    parsed = S3EventNotificationEventBridgeModel.model_validate(example["message"])

    assert [parsed.detail.object.key] == example["keys"]


def test_powertools_takes_the_batch_of_the_queue() -> None:
    assert len(SqsModel.model_validate(SQS["event"]["event"]).Records) == 2


@pytest.mark.parametrize(
    "example", document("execution_events")["events"], ids=lambda example: example["name"]
)
def test_the_ends_of_executions_are_events_and_describe_an_execution(
    example: dict[str, Any],
) -> None:
    """The "detail section provides the same information as the DescribeExecution API"."""
    EventBridgeModel.model_validate(example["message"])
    detail = example["message"]["detail"]

    described = shape("stepfunctions", "DescribeExecutionOutput")
    assert set(detail) <= set(described.members)
    assert detail["status"] in shape("stepfunctions", "ExecutionStatus").metadata["enum"]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.get("StoppedReason"))
def test_the_tasks_of_step_functions_are_tasks_of_ecs(task: dict[str, Any]) -> None:
    assert list(unknown_in(task, shape("ecs", "Task"))) == []


@pytest.mark.parametrize("limit", MODELLED, ids=lambda limit: limit["name"])
def test_the_limits_are_those_of_botocore(limit: dict[str, Any]) -> None:
    service, name, kind = limit["model"]

    assert shape(service, name).metadata[kind] == limit["value"]


def test_the_stop_codes_are_those_of_botocore() -> None:
    documented = document("ecs_stop_codes")
    known = set(documented["stop_codes"]["values"])

    assert known == set(shape("ecs", "TaskStopCode").metadata["enum"])
    assert {task["stop_code"] for task in documented["stopped"]} - {None} <= known


def unknown_in(value: Any, of: Shape, path: str = "Task") -> Iterator[str]:
    """Yield the names and types that ECS's model lacks. Step Functions writes PascalCase."""
    if isinstance(of, StructureShape):
        members = {name[0].upper() + name[1:]: member for name, member in of.members.items()}
        yield from (f"{path}.{name}" for name in set(value) - set(members))
        for name in set(value) & set(members):
            yield from unknown_in(value[name], members[name], f"{path}.{name}")
    elif isinstance(of, ListShape):
        for item in value:
            yield from unknown_in(item, of.member, f"{path}[]")
    elif isinstance(value, str) and "enum" in of.metadata and value not in of.metadata["enum"]:
        yield f"{path} is {value}"


def shape(service: str, name: str) -> Any:
    return model(service).shape_for(name)


@cache
def model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)
