"""Caps, and the model that costs depend on, reach the functions that check them."""

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
    assert "MAX_DAY_DOLLARS" in _variables(capped, "Dispatcher")
    assert "MAX_JOB_DOLLARS" in _variables(capped, "InspectVideo")


def test_the_api_knows_the_model_that_it_checks_options_against(template: Template) -> None:
    assert _variables(template, "Api")["WHISPER_MODEL"] == "large-v3-turbo"


def _variables(template: Template, name: str) -> dict[str, str]:
    """Return the environment variables of a function."""
    [found] = [
        function["Properties"]["Environment"]["Variables"]
        for key, function in template.find_resources("AWS::Lambda::Function").items()
        if key.startswith(f"{name}Function")
    ]
    return dict(found)


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
