"""Every role has exactly the permissions of its code; other calls are refused as on AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk_app.local.run import Outcome
from cdk_app.local.synthesis import synthesize
from lifestream.client.s3_results import S3Results
from lifestream.engines.vector_index.s3 import S3Index
from lifestream.errors import ArtifactMissingError
from local_stack import Pipeline
from pipeline.every_path import machine_of_one_task
from pipeline.grants import Decision, Grant, granted, physical_id, role_of, unused
from pipeline.roles import client_like, s3_of_a_role, without
from pipeline.unused_grants import UNUSED, Unused


@pytest.fixture(scope="module")
def grants(_deployed: Pipeline) -> list[Grant]:
    return granted(synthesize().template, _deployed.aws.session())


def test_every_needed_permission_is_granted(decided: list[Decision]) -> None:
    assert [decision for decision in set(decided) if not decision.allowed] == []


def test_every_grant_is_used_or_has_a_reason(grants: list[Grant], decided: list[Decision]) -> None:
    """To fix a failure, remove the grant or add a row to unused_grants.py."""
    unexplained = [grant for grant in unused(grants, decided) if not any(_rows_for(grant))]

    assert [str(grant) for grant in unexplained] == []


def test_every_reason_is_still_needed(grants: list[Grant], decided: list[Decision]) -> None:
    never_used = unused(grants, decided)

    used_after_all = [
        f"{grant} ({row.reason})"
        for grant in set(grants) - set(never_used)
        for row in _rows_for(grant)
    ]
    assert used_after_all == []
    assert [name for row in UNUSED for name in _stale_names(row, never_used)] == []


def _rows_for(grant: Grant) -> Iterator[Unused]:
    return (row for row in UNUSED if row.covers(grant.principal, grant.action, grant.resource))


def _stale_names(row: Unused, never_used: list[Grant]) -> Iterator[str]:
    """Return the names in the row that no unused grant has."""
    covered = [g for g in never_used if row.covers(g.principal, g.action, g.resource)]
    for field in ("principals", "actions", "resources"):
        found = {getattr(grant, field[:-1]) for grant in covered}
        stale = [name for name in getattr(row, field).split() if name not in found]
        yield from (f"{name} in the row of {row.reason!r}" for name in stale)


def test_a_state_without_permission_fails_as_on_aws_and_its_dlq_message_comes_all_the_same(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    """SendToDeadLetterQueue is refused too; ExecutionEnded sends the message with its own role."""
    session = pipeline.aws.session()
    denied = [
        physical_id(session, "InspectVideoFunction"),
        physical_id(session, "DeadLetterQueue").rpartition("/")[2],
    ]
    video = tmp_path / "refused.mp4"
    video.write_text("not a video, but nobody may find out")

    with without(pipeline, physical_id(session, "StateMachineRole"), denied):
        job = pipeline.service.create_upload_job(video, key="refused.mp4")
        assert pipeline.wait_for(job) == "FAILED"
    pipeline.until(lambda: pipeline.dlq_messages(job), "there is no DLQ message")

    [message] = pipeline.dlq_messages(job)
    failure = message["failure"]
    assert (failure["step"], failure["error"]) == ("InspectVideo", "Lambda.AWSLambdaException")
    assert "is not authorized to perform: lambda:InvokeFunction on resource" in failure["cause"]
    execution = pipeline.step_functions.describe_execution(executionArn=failure["execution_arn"])
    assert execution["error"] == "SQS.AmazonSQSException"
    assert "no identity-based policy allows the sqs:SendMessage action" in execution["cause"]


def test_a_container_is_started_only_by_a_role_that_may_pass_its_roles(pipeline: Pipeline) -> None:
    session, client = pipeline.aws.session(), pipeline.step_functions
    role = physical_id(session, "StateMachineRole")
    definition = machine_of_one_task(TaskDefinition=physical_id(session, "TranscribeSpeechTask"))
    arn = client.create_state_machine(
        name="passes-no-role", definition=definition, roleArn=_arn(pipeline, role)
    )["stateMachineArn"]

    with without(pipeline, role, [physical_id(session, "TaskTaskRole")]):
        execution = client.start_execution(stateMachineArn=arn, input="{}")["executionArn"]
        ended = _ended(pipeline, execution)
    client.delete_state_machine(stateMachineArn=arn)

    assert ended["error"] == "ECS.AccessDeniedException"
    assert "is not authorized to perform: iam:PassRole" in ended["cause"]


def test_a_state_machine_that_waits_for_tasks_is_not_created_without_its_rule(
    pipeline: Pipeline,
) -> None:
    other = role_of(pipeline.aws.session(), "InspectVideoFunction")

    with pytest.raises(ClientError, match="is not authorized to create managed-rule"):
        pipeline.step_functions.create_state_machine(
            name="has-no-rule", definition=machine_of_one_task(TaskDefinition="any"), roleArn=other
        )


@pytest.mark.parametrize(
    ("actions", "code"), [(["s3:GetObject"], "403"), (["s3:GetObject", "s3:ListBucket"], "404")]
)
def test_a_missing_object_is_404_only_with_permission_to_list(
    pipeline: Pipeline, actions: list[str], code: str
) -> None:
    with s3_of_a_role(pipeline, actions) as s3, pytest.raises(ClientError) as refused:
        s3.head_object(Bucket=pipeline.bucket, Key="jobs/nobody/missing.json")

    assert refused.value.response["Error"]["Code"] == code


def test_the_api_distinguishes_missing_files_from_forbidden_ones(
    pipeline: Pipeline, finished: Outcome
) -> None:
    """Its role may list some prefixes only, so S3 answers 403 for a missing object."""
    role = role_of(pipeline.aws.session(), "ApiFunction").rpartition("/")[2]
    record = pipeline.service.job(finished.job.job_id)

    with client_like(pipeline, "s3", role) as s3:
        assert S3Index(s3, pipeline.bucket, embedder="none").ids("nobody") == set()
        with pytest.raises(ArtifactMissingError):
            S3Results(s3, record).read("missing.json")
        with pytest.raises(ClientError, match="AccessDenied"):
            S3Results(s3, record.model_copy(update={"results_prefix": "models/"})).read("any.json")


def test_a_queue_is_not_read_for_a_function_whose_role_may_not(pipeline: Pipeline) -> None:
    session = pipeline.aws.session()
    functions = session.client("lambda")
    queue = pipeline.sqs.create_queue(QueueName="not-for-the-dispatcher")["QueueUrl"]
    attributes = pipeline.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    mapping = functions.create_event_source_mapping(
        FunctionName=physical_id(session, "DispatcherFunction"),
        EventSourceArn=attributes["Attributes"]["QueueArn"],
    )["UUID"]

    pipeline.sqs.send_message(QueueUrl=queue, MessageBody="{}")
    pipeline.until(lambda: "PROBLEM" in _last_result(functions, mapping), "it is read")
    functions.delete_event_source_mapping(UUID=mapping)
    pipeline.sqs.delete_queue(QueueUrl=queue)


def test_a_rule_invokes_no_function_whose_policy_does_not_let_it(pipeline: Pipeline) -> None:
    session = pipeline.aws.session()
    events, name = session.client("events"), physical_id(session, "ExecutionEndedFunction")
    described = session.client("lambda").get_function(FunctionName=name)
    function = described["Configuration"]["FunctionArn"]
    events.put_rule(Name="not-allowed", EventPattern=json.dumps({"source": ["a.test"]}))
    events.put_targets(Rule="not-allowed", Targets=[{"Id": "1", "Arn": function}])
    before = len(pipeline.decisions.read())

    events.put_events(Entries=[{"Source": "a.test", "DetailType": "any", "Detail": "{}"}])
    refused = Decision("events.amazonaws.com", "lambda:InvokeFunction", function, allowed=False)
    pipeline.until(lambda: refused in pipeline.decisions.read()[before:], "it is not refused")
    events.remove_targets(Rule="not-allowed", Ids=["1"])
    events.delete_rule(Name="not-allowed")


@pytest.mark.attack
def test_a_step_that_was_taken_over_gives_no_row_another_object_or_other_results(
    pipeline: Pipeline,
) -> None:
    session = pipeline.aws.session()
    jobs, table = session.client("dynamodb"), pipeline.aws.outputs["JobsTableName"]
    victim = {"job_id": {"S": "victim"}, "attempt": {"N": "1"}}
    jobs.put_item(TableName=table, Item=victim)
    role = role_of(session, "InspectVideoFunction").rpartition("/")[2]

    with client_like(pipeline, "dynamodb", role) as attacker:
        for expression in ("SET job = :x", "SET #p = :x", "REMOVE letter.attempt"):
            with pytest.raises(ClientError, match="AccessDenied"):
                attacker.update_item(**_update(table, expression))
        attacker.update_item(**_update(table, "SET progress = :x"))

    row = jobs.get_item(TableName=table, Key={"job_id": victim["job_id"]})["Item"]
    jobs.delete_item(TableName=table, Key={"job_id": victim["job_id"]})
    assert row == victim | {"progress": {"S": "x"}}


def _update(table: str, expression: str) -> dict[str, Any]:
    names = {"ExpressionAttributeNames": {"#p": "results_prefix"}} if "#p" in expression else {}
    values = {"ExpressionAttributeValues": {":x": {"S": "x"}}} if ":x" in expression else {}
    key = {"job_id": {"S": "victim"}}
    return {"TableName": table, "Key": key, "UpdateExpression": expression, **names, **values}


def _ended(pipeline: Pipeline, execution: str) -> dict[str, Any]:
    def described() -> dict[str, Any]:
        found = pipeline.step_functions.describe_execution(executionArn=execution)
        return dict(found)

    pipeline.until(lambda: described()["status"] != "RUNNING", "it does not end")
    return described()


def _last_result(functions: Any, mapping: str) -> str:
    return str(functions.get_event_source_mapping(UUID=mapping).get("LastProcessingResult"))


def _arn(pipeline: Pipeline, role: str) -> str:
    return str(pipeline.aws.session().client("iam").get_role(RoleName=role)["Role"]["Arn"])
