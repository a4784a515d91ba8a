"""The dispatcher starts one execution per upload for the messages that AWS documents."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from aws_documents import document
from builders import LAMBDA_CONTEXT
from lifestream import resources
from lifestream.aws import clients
from lifestream.domain.messages import ParsedMessage, parse_message
from triggers import dispatcher
from unit import test_dispatcher

S3 = document("s3_events")
SQS = document("lambda_sqs")
UPLOADS: list[dict[str, Any]] = [*S3["notifications"], *S3["event_bridge"]]
machine = test_dispatcher.machine
NOT_UPLOADED = [example for example in UPLOADS if not example["keys"]]


def batch(messages: Iterable[str]) -> dict[str, Any]:
    """Return the SQS event from Lambda's documentation with our messages in it."""
    example = SQS["event"]["event"]["Records"][0]
    return {
        "Records": [
            example | {"messageId": f"message-{number}", "body": message}
            for number, message in enumerate(messages)
        ]
    }


def deliver(*messages: Any) -> dict[str, Any]:
    """Deliver the messages to the dispatcher of the first message's bucket."""
    event = batch(json.dumps(message) for message in messages)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_S3_BUCKET_NAME", bucket_of(messages[0]))
        resources.reset()
        return dict(dispatcher.handler(event, LAMBDA_CONTEXT))


def bucket_of(message: dict[str, Any]) -> str:
    """Return the bucket of an event, including S3's test event."""
    if "Event" in message:
        return str(message["Bucket"])
    about = message["Records"][0]["s3"] if "Records" in message else message["detail"]
    return str(about["bucket"]["name"])


def jobs_of(message: dict[str, Any]) -> ParsedMessage:
    return parse_message(json.dumps(message), bucket=bucket_of(message))


def execution_names(machine: str) -> set[str]:
    found = clients.step_functions().list_executions(stateMachineArn=machine)["executions"]
    return {execution["name"] for execution in found}


@pytest.mark.parametrize("example", UPLOADS, ids=lambda example: example["name"])
def test_the_keys_of_uploads_arrive_and_nothing_else_does(example: dict[str, Any]) -> None:
    asked = jobs_of(example["message"])

    assert [job.key for job in asked.jobs] == example["keys"]
    assert asked.unusable == []
    for job in asked.jobs:
        assert job.size is not None
        assert job.etag is not None
        assert (job.version_id is None) == (example["name"] == "no versioning")


def test_every_message_of_the_documents_starts_its_executions(machine: str) -> None:
    messages = [example["message"] for example in UPLOADS]

    for message in [*messages, S3["test_event"]["message"]]:
        assert deliver(message) == {"batchItemFailures": []}

    jobs = [job for message in messages for job in jobs_of(message).jobs]
    assert execution_names(machine) == {job.execution_name for job in jobs}
    assert len(jobs) == sum(len(example["keys"]) for example in UPLOADS)


def test_the_response_names_the_failed_message_in_lambdas_format(machine: str) -> None:
    good = UPLOADS[0]["message"]

    answer = deliver(good, {"neither": "event nor job"})

    [documented] = SQS["response"]["response"]["batchItemFailures"]
    assert answer == {"batchItemFailures": [dict.fromkeys(documented, "message-1")]}
    assert len(execution_names(machine)) == 1


@pytest.mark.parametrize(
    "message", [S3["test_event"]["message"], *(example["message"] for example in NOT_UPLOADED)]
)
def test_messages_that_are_not_uploads_start_nothing_and_are_deleted(
    machine: str, message: dict[str, Any]
) -> None:
    assert deliver(message) == {"batchItemFailures": []}
    assert execution_names(machine) == set()
