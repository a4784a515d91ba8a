"""The dispatcher starts one execution per job, and a bad message fails alone."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from builders import LAMBDA_CONTEXT, a_job, sqs_event
from conftest import JOBS, Aws
from lifestream import resources
from lifestream.aws import clients
from lifestream.aws.job_table import JobTable
from lifestream.domain.job import JobStatus
from triggers import dispatcher
from unit.test_job_table import FAILURE
from unit.test_messages import s3_record

DEFINITION = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})


@pytest.fixture
def machine(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> str:
    role = "arn:aws:iam::123456789012:role/states"
    answer = boto3.client("stepfunctions", region_name="us-east-1").create_state_machine(
        name="pipeline", definition=DEFINITION, roleArn=role
    )
    monkeypatch.setenv("STATE_MACHINE_ARN", answer["stateMachineArn"])
    monkeypatch.setenv("AWS_SQS_QUEUE_URL", aws.queue_url)
    return str(answer["stateMachineArn"])


def deliver(*bodies: str) -> list[str]:
    """Deliver a batch and return the positions of the messages that failed."""
    answer: Any = dispatcher.handler(sqs_event(bodies), LAMBDA_CONTEXT)
    return [failed["itemIdentifier"] for failed in answer["batchItemFailures"]]


def upload(*keys: str) -> str:
    return json.dumps({"Records": [s3_record(key) for key in keys]})


def executions(machine: str) -> list[str]:
    found = clients.step_functions().list_executions(stateMachineArn=machine)["executions"]
    return sorted(execution["name"] for execution in found)


def test_the_same_event_ten_times_starts_one_execution(machine: str) -> None:
    for _ in range(10):
        assert deliver(upload("uploads/talk.mp4")) == []

    assert executions(machine) == [a_job(key="uploads/talk.mp4").execution_name]


def test_a_bad_message_fails_alone(machine: str) -> None:
    failed = deliver(upload("uploads/a.mp4"), "not json", upload("uploads/b.mp4"))

    assert failed == ["1"]
    assert len(executions(machine)) == 2


@pytest.mark.usefixtures("machine")
def test_a_message_that_failed_comes_again_long_before_the_queue_shows_it(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "RETRY_SECONDS", 0)
    aws.sqs.send_message(QueueUrl=aws.queue_url, MessageBody="not json")
    [message] = aws.sqs.receive_message(QueueUrl=aws.queue_url, VisibilityTimeout=900)["Messages"]
    event = sqs_event([message["Body"]])
    event["Records"][0]["receiptHandle"] = message["ReceiptHandle"]

    dispatcher.handler(event, LAMBDA_CONTEXT)

    [again] = aws.sqs.receive_message(QueueUrl=aws.queue_url)["Messages"]
    assert again["MessageId"] == message["MessageId"]


def test_a_test_event_starts_nothing(machine: str) -> None:
    test_event = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"})

    assert deliver(test_event, upload("uploads/a.mp4")) == []
    assert len(executions(machine)) == 1


def test_the_clients_job_and_the_notification_are_one_execution(machine: str) -> None:
    job = a_job(key="uploads/a.mp4")

    deliver(job.model_dump_json(), upload("uploads/a.mp4"))

    assert executions(machine) == [job.execution_name]


def test_a_dlq_message_moved_back_is_one_more_execution_however_often(machine: str) -> None:
    job = a_job()
    deliver(job.model_dump_json())
    JobTable(clients.table(JOBS)).fail(job, JobStatus.FAILED, FAILURE, None)
    dead = job.model_copy(update={"failure": FAILURE}).model_dump_json()

    for _ in range(3):
        assert deliver(dead) == []

    assert executions(machine) == [job.execution_name, f"{job.execution_name}-2"]


def test_an_execution_that_could_not_start_is_started_by_the_redelivery(
    machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_MACHINE_ARN", f"{machine}-not-there")
    assert deliver(upload("uploads/a.mp4")) == ["0"]
    assert executions(machine) == []

    monkeypatch.setenv("STATE_MACHINE_ARN", machine)

    resources.reset()

    assert deliver(upload("uploads/a.mp4")) == []
    assert len(executions(machine)) == 1
