"""The metrics dashboard shows nothing that a real run does not measure."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from builders import a_job
from lifestream.aws import clients
from lifestream.aws.job_table import JobTable
from lifestream.aws.slots import ACQUIRE, POOL_KEY, Pool
from lifestream.domain.job import JobStatus
from lifestream.domain.metrics import NAMESPACE
from lifestream.step_names import Step
from local_stack import Pipeline
from metric_lines import NamedMetric, emitted, shown
from pipeline.grants import physical_id


@pytest.mark.usefixtures("decided")
def test_each_graph_shows_metrics_that_real_runs_emit(pipeline: Pipeline) -> None:
    """The walk ends jobs in all four ways and uses the API. A wait and a repair are added."""
    cloudwatch = pipeline.aws.session().client("cloudwatch")
    [dashboard] = cloudwatch.list_dashboards()["DashboardEntries"]
    found = cloudwatch.get_dashboard(DashboardName=dashboard["DashboardName"])
    graphs = shown(json.loads(found["DashboardBody"]))
    wanted = {m for metrics in graphs.values() for m in metrics if m.namespace == NAMESPACE}

    make_a_job_wait(pipeline)
    leave_a_slot_behind(pipeline)
    call_the_reconciler(pipeline)

    assert len(wanted) > 20
    pipeline.until(lambda: wanted <= measured(pipeline), "a graph has no data")


def make_a_job_wait(pipeline: Pipeline) -> None:
    jobs = JobTable(clients.table(pipeline.aws.outputs["JobsTableName"]))
    job = a_job().model_copy(update={"submitted_at": datetime.now(UTC)})
    jobs.accept(job)
    jobs.enter(job, Step.TRANSCRIBE_SPEECH, JobStatus.WAITING_FOR_GPU)


def leave_a_slot_behind(pipeline: Pipeline) -> None:
    clients.table(pipeline.aws.outputs["SlotsTableName"]).update_item(
        Key={POOL_KEY: Pool.GPU},
        UpdateExpression=ACQUIRE,
        ExpressionAttributeValues={":me": {"nobody"}},
    )


def call_the_reconciler(pipeline: Pipeline) -> None:
    session = pipeline.aws.session()
    function = physical_id(session, "ReconcilerFunction")
    answer = session.client("lambda").invoke(FunctionName=function)
    assert "nobody" in json.loads(answer["Payload"].read())["released"]
    clients.table(pipeline.aws.outputs["JobsTableName"]).delete_item(Key={"job_id": a_job().job_id})


def measured(pipeline: Pipeline) -> set[NamedMetric]:
    logs: Any = pipeline.aws.session().client("logs")
    return emitted(
        event["message"].strip()
        for group in logs.describe_log_groups()["logGroups"]
        for stream in logs.describe_log_streams(logGroupName=group["logGroupName"])["logStreams"]
        for event in logs.get_log_events(
            logGroupName=group["logGroupName"], logStreamName=stream["logStreamName"]
        )["events"]
    )
