"""The caps on costs reach the functions that check them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infrastructure.templates import EVERYTHING, synthesized

if TYPE_CHECKING:
    from aws_cdk.assertions import Template


def test_only_a_cap_of_the_day_lets_the_dispatcher_put_messages_back(
    template: Template,
) -> None:
    capped = synthesized(**EVERYTHING)

    assert "sqs:SendMessage" not in _actions(template, "Dispatcher")
    assert {"sqs:SendMessage", "dynamodb:Query"} <= _actions(capped, "Dispatcher")
    for name, variable in (("Dispatcher", "MAX_DAY_DOLLARS"), ("InspectVideo", "MAX_JOB_DOLLARS")):
        [found] = [
            function["Properties"]["Environment"]["Variables"]
            for key, function in capped.find_resources("AWS::Lambda::Function").items()
            if key.startswith(f"{name}Function")
        ]
        assert variable in found


def _actions(template: Template, name: str) -> set[str]:
    """Return the actions that the policies of a function's role allow."""
    return {
        action
        for key, policy in template.find_resources("AWS::IAM::Policy").items()
        if key.startswith(name)
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
        for action in _listed(statement["Action"])
    }


def _listed(actions: str | list[str]) -> list[str]:
    return [actions] if isinstance(actions, str) else actions
