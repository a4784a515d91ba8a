"""The requests of the state machine are valid according to AWS's service models."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import botocore.session
import pytest
from botocore.model import ListShape, ServiceModel, Shape, StructureShape
from botocore.validate import ParamValidator

from aws_documents import document
from cdk_app.local.asl.errors import StateError
from infrastructure.failing import ALWAYS, Failing
from infrastructure.templates import all_states, definition
from lifestream.domain.job import MAX_METADATA_CHARACTERS
from lifestream.domain.options import MAX_HINT_CHARACTERS, JobOptions
from lifestream.step_names import Step
from simulation.cloud import Cloud
from simulation.executions import snapshot
from simulation.uploads import Message
from simulation.world import simulated

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

LIMITS = {limit["name"]: limit["value"] for limit in document("limits")["limits"]}
SQS_ALLOWS = re.compile(r"[\x09\x0a\x0d\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html"""
CHARACTERS = {"quotes": '"', "backslashes": "\\", "umlauts": "ü", "film": "🎬", "tabs": "\t"}


class Call(NamedTuple):
    """A call. `kind`: the end of the resource's ARN, such as `ecs:runTask.sync`."""

    kind: str
    arguments: dict[str, Any]


class Run(NamedTuple):
    calls: list[Call]
    states: set[str]
    """Task states that an execution has entered."""
    names: list[str]
    """Of the executions."""
    causes: list[str]
    """Of those that failed."""


def longest_options(character: str) -> JobOptions:
    """Return the longest options that a job may have, made of the character."""
    room = MAX_HINT_CHARACTERS - len(json.dumps([[], "", None]))
    each = len(json.dumps(character)) - 2
    return JobOptions(initial_prompt=character * (room // each))


def ask(cloud: Cloud, name: str, character: str) -> str:
    """Upload a video with the longest options, and return the job's id."""
    job = cloud.upload(name)
    cloud.inbox.pop()
    metadata = {"note": character * (MAX_METADATA_CHARACTERS - len("note"))}
    asked = job.model_copy(update={"options": longest_options(character), "metadata": metadata})
    cloud.inbox.append(Message(asked.model_dump_json()))
    return job.job_id


@cache
def run() -> Run:
    """Run jobs that together enter every Task state, and redrive each failed job once.

    These are a good video, a bad one, one whose failure cannot be recorded, one whose container
    fails with the longest cause, and some with the longest options and without a summary.
    """
    with simulated(5) as cloud:
        cloud.upload()
        cloud.upload("notes.mp4", b"no video at all")
        unrecorded, crashed = (cloud.upload(f"{n}.mp4").job_id for n in ("unrecorded", "crashed"))
        asked = [ask(cloud, f"{name} {c * 40}.mp4", c) for name, c in CHARACTERS.items()]
        broken = StateError("Broken", "x" * LIMITS["characters of a Cause"])
        fail(cloud, {unrecorded: broken}, Step.EXTRACT_AUDIO, Step.RECORD_FAILURE)
        fail(cloud, {crashed: broken}, "ecs:runTask")
        fail(cloud, dict.fromkeys(asked, broken), Step.SUMMARIZE_TRANSCRIPT)
        cloud.run_until_idle()
        cloud.redrive_all()
        cloud.run_until_idle()
        return observed(cloud)


def fail(cloud: Cloud, errors: dict[str, StateError], *services: str) -> None:
    works = cloud.executions._invoke
    cloud.executions._invoke = Failing(works, services, errors, ALWAYS)


def observed(cloud: Cloud) -> Run:
    records = cloud.executions.records
    events = [event for record in records.values() for event in record.events]
    scheduled = [e["taskScheduledEventDetails"] for e in events if e["type"] == "TaskScheduled"]
    calls = [
        Call(f"{task['resourceType']}:{task['resource']}", json.loads(task["parameters"]))
        for task in scheduled
    ]
    entered = [e["stateEnteredEventDetails"] for e in events if e["type"] == "TaskStateEntered"]
    causes = [record.cause for record in records.values() if record.cause is not None]
    return Run(calls, {state["name"] for state in entered}, list(records), causes)


def calls_of(kind: str) -> Iterator[dict[str, Any]]:
    return (call.arguments for call in run().calls if call.kind == kind)


def kinds() -> list[str]:
    states = all_states(snapshot()).values()
    resources = {state["Resource"] for state in states if state["Type"] == "Task"}
    return sorted(resource.removeprefix("arn:aws:states:::") for resource in resources)


def test_the_run_has_been_in_every_task() -> None:
    tasks = {name for name, state in all_states(snapshot()).items() if state["Type"] == "Task"}

    assert run().states == tasks


@pytest.mark.parametrize("kind", kinds())
def test_the_parameters_of_every_call_are_valid_for_its_service(kind: str) -> None:
    assert {complaints(kind, arguments) for arguments in calls_of(kind)} == {""}


def test_run_task_parameters_are_valid_for_ecs(template: Template) -> None:
    """This covers GPU hosts and Fargate. An expression's text stands for its value."""
    state = all_states(definition(template))[Step.TRANSCRIBE_SPEECH]

    assert complaints("ecs:runTask.sync", state["Arguments"]) == ""


def complaints(kind: str, arguments: dict[str, Any]) -> str:
    service, _, name = kind.removesuffix(".sync").partition(":")
    shape = model(service).operation_model(name[0].upper() + name[1:]).input_shape
    assert shape is not None
    report: str = ParamValidator().validate(as_botocore(arguments, shape), shape).generate_report()
    return report


def as_botocore(value: Any, shape: Shape) -> Any:
    """Convert Step Functions' parameters to botocore's.

    Step Functions uses PascalCase even if the service's API uses camelCase, and JSON instead of
    bytes. Unknown names stay, so that the validator finds them.
    """
    if isinstance(shape, StructureShape):
        members = {name[0].upper() + name[1:]: (name, m) for name, m in shape.members.items()}
        known = {members[name][0]: as_botocore(value[name], members[name][1])
                 for name in set(value) & set(members)}  # fmt: skip
        return known | {name: value[name] for name in set(value) - set(members)}
    if isinstance(shape, ListShape):
        return [as_botocore(item, shape.member) for item in value]
    return json.dumps(value).encode() if shape.type_name == "blob" else value


@cache
def model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


def test_the_overrides_of_every_container_fit_ecs_limit() -> None:
    """ECS counts the characters of the JSON, including escapes."""
    sizes = [len(json.dumps(call["Overrides"])) for call in calls_of("ecs:runTask.sync")]

    assert len(sizes) >= len(CHARACTERS)
    assert max(sizes) <= LIMITS["characters of RunTask overrides"]


def test_every_dlq_message_is_valid_for_sqs() -> None:
    """The limit of a state's payload is 262,144 bytes, less than SQS's 1 MiB."""
    bodies = [call["MessageBody"] for call in calls_of("sqs:sendMessage")]

    assert bodies
    assert all(SQS_ALLOWS.fullmatch(body) for body in bodies)
    assert max(len(body.encode()) for body in bodies) <= LIMITS["bytes between two states"]


def test_every_execution_name_is_valid_for_step_functions_and_logs() -> None:
    allowed = document("limits")["execution_name"]["allowed"]

    for name in run().names:
        assert re.fullmatch(f"{allowed}+", name)
        assert len(name) <= LIMITS["characters of an execution's name"]


def test_the_cause_of_every_failed_execution_fits_the_limit() -> None:
    assert max(map(len, run().causes)) <= LIMITS["characters of a Cause"]
