"""Alarms reach somebody, everything is traced and measured, and its costs can be switched off."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from cdk_app.alarms import ALARMS, runbook_anchor
from infrastructure.templates import EVERYTHING, resources

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

    Synthesize = Callable[..., Template]

TOPIC = "arn:aws:sns:us-east-1:123456789012:operators"


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


def test_alarms_about_missing_parts_are_left_out(synthesize: Synthesize) -> None:
    names = str(synthesize(compute="cpu").find_resources("AWS::CloudWatch::Alarm").keys())

    assert "DlqMessages" in names
    assert "WebhookUndelivered" not in names
    assert "IdleHost" not in names


def test_an_address_is_subscribed(synthesize: Synthesize) -> None:
    template = synthesize(alarm_email="ops@example.com")

    [subscription] = resources(template, "AWS::SNS::Subscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "ops@example.com")


def test_only_alarms_of_the_account_may_publish(template: Template) -> None:
    [policy] = resources(template, "AWS::SNS::TopicPolicy")
    deny, allow = policy["PolicyDocument"]["Statement"]

    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert allow["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allow["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_alarms_use_a_topic_that_exists(synthesize: Synthesize) -> None:
    template = synthesize(alarm_topic_arn=TOPIC, runbook="https://wiki.example.com/runbook")

    assert resources(template, "AWS::SNS::Topic") == []
    for alarm in resources(template, "AWS::CloudWatch::Alarm"):
        assert alarm["AlarmActions"] == [TOPIC]
        assert "https://wiki.example.com/runbook#" in alarm["AlarmDescription"]


def test_alarms_can_be_switched_off(synthesize: Synthesize) -> None:
    assert resources(synthesize(alarms="false"), "AWS::CloudWatch::Alarm") == []


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
