"""Alarms reach somebody, everything is traced and measured, and its costs can be switched off."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from aws_documents import document
from cdk_app.alarms import ALARMS, runbook_anchor
from cdk_app.queries import QUERIES
from infrastructure.templates import EVERYTHING, OTHER_VALUES, metrics_dashboard, resources
from lifestream.domain.metrics import NAMESPACE, Metric
from metric_lines import shown

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

    Synthesize = Callable[..., Template]

FRUGAL = {"alarms": "false", "metrics_dashboard": "false", "alarm_email": "ops@example.com"}


def test_each_alarm_reports_its_begin_and_end_and_names_its_section_of_the_runbook(
    synthesize: Synthesize,
) -> None:
    template = synthesize(**EVERYTHING)
    [topic] = template.find_resources("AWS::SNS::Topic")
    found = {
        re.sub(r"^Monitoring|[0-9A-F]{8}$", "", name): alarm["Properties"]
        for name, alarm in template.find_resources("AWS::CloudWatch::Alarm").items()
    }

    assert found.keys() == {alarm.name for alarm in ALARMS}
    for name, alarm in found.items():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": topic}]
        assert alarm["AlarmDescription"].endswith(f"docs/runbook.md#{runbook_anchor(name)}")
        assert alarm["TreatMissingData"] == "notBreaching"
    assert found["DailyCost"]["Threshold"] == float(EVERYTHING["daily_budget"])


def test_alarms_about_missing_parts_are_left_out(synthesize: Synthesize) -> None:
    names = str(synthesize(compute="cpu").find_resources("AWS::CloudWatch::Alarm").keys())

    assert "DlqMessages" in names
    assert "WebhookUndelivered" not in names
    assert "IdleHost" not in names
    assert "DailyCost" not in names


def test_an_address_is_subscribed(synthesize: Synthesize) -> None:
    template = synthesize(**FRUGAL)

    [subscription] = resources(template, "AWS::SNS::Subscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "ops@example.com")


def test_only_alarms_of_the_account_may_publish(template: Template) -> None:
    [policy] = resources(template, "AWS::SNS::TopicPolicy")
    deny, allow = policy["PolicyDocument"]["Statement"]

    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert allow["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allow["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_alarms_use_a_topic_that_exists(synthesize: Synthesize) -> None:
    template = synthesize(**OTHER_VALUES)

    assert resources(template, "AWS::SNS::Topic") == []
    for alarm in resources(template, "AWS::CloudWatch::Alarm"):
        assert alarm["AlarmActions"] == [OTHER_VALUES["alarm_topic_arn"]]
        assert f"{OTHER_VALUES['runbook']}#" in alarm["AlarmDescription"]


def test_what_costs_something_can_be_switched_off(synthesize: Synthesize) -> None:
    template = synthesize(**FRUGAL)

    assert resources(template, "AWS::CloudWatch::Alarm") == []
    assert resources(template, "AWS::CloudWatch::Dashboard") == []


@pytest.mark.parametrize(
    "switch", [{"alarm_email": "nobody"}, {"alarm_topic_arn": "operators"}, {"runbook": "a b"}]
)
def test_a_wrong_switch_is_refused(synthesize: Synthesize, switch: dict[str, str]) -> None:
    with pytest.raises(SystemExit, match="invalid switches"):
        synthesize(**switch)


def test_everything_is_traced_and_knows_its_stage(template: Template) -> None:
    functions = resources(template, "AWS::Lambda::Function")
    [machine] = resources(template, "AWS::StepFunctions::StateMachine")
    [task] = resources(template, "AWS::ECS::TaskDefinition")
    [container] = task["ContainerDefinitions"]

    assert {function["TracingConfig"]["Mode"] for function in functions} == {"Active"}
    assert machine["TracingConfiguration"] == {"Enabled": True}
    assert {f["Environment"]["Variables"]["STAGE"] for f in functions} == {"dev"}
    assert {"Name": "STAGE", "Value": "dev"} in container["Environment"]


def test_alarms_and_graphs_are_about_metrics_that_aws_documents(synthesize: Synthesize) -> None:
    """tests/pipeline/test_metrics.py compares our own metrics with those of a real run."""
    template = synthesize(**EVERYTHING)
    documented = {
        (entry["namespace"], name, tuple(dimensions))
        for entry in document("cloudwatch_metrics")["metrics"]
        for name in entry["names"]
        for dimensions in entry["dimensions"]
    }
    of_alarms = {
        (a["Namespace"], a["MetricName"], tuple(d["Name"] for d in a.get("Dimensions", ())))
        for a in resources(template, "AWS::CloudWatch::Alarm")
    }
    of_graphs = {
        (metric.namespace, metric.name, tuple(name for name, _ in metric.dimensions))
        for metrics in shown(metrics_dashboard(template)).values()
        for metric in metrics
    }

    of_aws = {metric for metric in of_alarms | of_graphs if metric[0] != NAMESPACE}
    assert of_aws
    assert of_aws <= documented


def test_alarms_of_our_metrics_have_the_dimension_that_is_emitted(
    synthesize: Synthesize,
) -> None:
    alarms = resources(synthesize(**EVERYTHING), "AWS::CloudWatch::Alarm")
    ours = [alarm for alarm in alarms if alarm["Namespace"] == NAMESPACE]

    assert len(ours) == 7
    for alarm in ours:
        assert alarm["MetricName"] in set(Metric)
        assert alarm["Dimensions"] == [{"Name": "stage", "Value": "prod"}]


def test_the_metrics_dashboard_answers_four_questions_in_order(template: Template) -> None:
    widgets = metrics_dashboard(template)["widgets"]
    questions = [w["properties"]["markdown"] for w in widgets if w["type"] == "text"]

    assert questions == [
        "## Is it working?",
        "## How long does it take?",
        "## What does it cost?",
        "## What is stuck?",
    ]
    assert [w["y"] for w in widgets] == sorted(w["y"] for w in widgets)


def test_saved_queries_search_every_log_with_job_ids(template: Template) -> None:
    groups = template.find_resources("AWS::Logs::LogGroup")
    queries = resources(template, "AWS::Logs::QueryDefinition")

    assert {query["Name"].partition("/")[2] for query in queries} == QUERIES.keys()
    searched = {group["Ref"] for group in queries[0]["LogGroupNames"]}
    unsearched = {re.sub(r"Logs[0-9A-F]{8}$", "", name) for name in groups.keys() - searched}
    assert unsearched == {"Workflow", "ApiAccess", "TranscribeSpeechRejectedTraffic"}
