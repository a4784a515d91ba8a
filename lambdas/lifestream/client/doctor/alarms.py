"""Check that each alarm has an action, and each SNS topic a confirmed subscription."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lifestream.client.doctor.findings import Finding, note, ok, warning

if TYPE_CHECKING:
    from lifestream.client.doctor.deployed import DeployedStage

WHAT = "alarms"
PENDING = "PendingConfirmation"
SUBSCRIBE = "Give them an SNS topic as their action, and confirm a subscription to it"


def check_alarms(stage: DeployedStage) -> Iterator[Finding]:
    """Check the alarms of the stage, whose names begin with the name of the stack."""
    paginator = stage.session.client("cloudwatch").get_paginator("describe_alarms")
    pages = paginator.paginate(AlarmNamePrefix=f"{stage.stack}-")
    alarms = [alarm for page in pages for alarm in page.get("MetricAlarms", ())]
    if not alarms:
        yield warning(WHAT, f"the stack {stage.stack} has none", "Deploy it again")
        return
    yield from _ringing(alarms)
    topics = {action for alarm in alarms for action in _actions(alarm)}
    silent = [alarm for alarm in alarms if not _actions(alarm)]
    if silent:
        yield warning(WHAT, f"{len(silent)} of {len(alarms)} have no action", SUBSCRIBE)
    elif unsubscribed := [topic for topic in sorted(topics) if not _has_subscriber(stage, topic)]:
        yield warning(WHAT, f"no confirmed subscription to {', '.join(unsubscribed)}", SUBSCRIBE)
    else:
        yield ok(WHAT, f"{len(alarms)}, each with a recipient")


def _ringing(alarms: list[Any]) -> Iterator[Finding]:
    for alarm in alarms:
        if alarm["StateValue"] == "ALARM":
            yield note(
                WHAT, f"{alarm['AlarmName']} is in ALARM: {alarm.get('AlarmDescription', '')}"
            )


def _actions(alarm: Any) -> list[str]:
    return list(alarm.get("AlarmActions", ())) if alarm.get("ActionsEnabled", True) else []


def _has_subscriber(stage: DeployedStage, action: str) -> bool:
    """Return True also for an action that is not a topic: it needs no subscription."""
    if not action.startswith("arn:aws:sns:"):
        return True
    answer = stage.session.client("sns").list_subscriptions_by_topic(TopicArn=action)
    return any(s["SubscriptionArn"] != PENDING for s in answer["Subscriptions"])
