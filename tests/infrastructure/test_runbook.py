"""The runbook has a section for every alarm and every error, and the commands in it exist."""

from __future__ import annotations

import re
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from generators import alarms, runbook

from cdk_app.alarms import ALARMS, runbook_anchor
from cdk_app.local.synthesis import ROOT
from cdk_app.queries import QUERIES
from infrastructure.templates import metrics_dashboard, synthesized
from lifestream.client.commands.group import load
from metric_lines import shown

TEXT = (ROOT / "docs" / "runbook.md").read_text()
OPERATING = (ROOT / "docs" / "operating.md").read_text()
PARTS = ("- **It means:**", "- **Look", "- **Do", "- **It is over when**")
SECTIONS = dict(re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL))
CODE = re.findall(r"`([^`\n]+)`", f"{TEXT}\n{OPERATING}")
NAMES = [*(alarm.name for alarm in ALARMS), *runbook.names()]


def test_each_alarm_and_each_error_has_a_section_with_four_parts() -> None:
    wrong = [name for name in NAMES if not has_four_parts(SECTIONS[name])]

    assert wrong == []


def has_four_parts(section: str) -> bool:
    items = re.findall(r"^- .*", section, re.MULTILINE)
    return len(items) == len(PARTS) and all(map(str.startswith, items, PARTS))


def test_no_section_is_about_something_that_does_not_exist() -> None:
    assert list(SECTIONS) == NAMES
    assert len({runbook_anchor(name) for name in NAMES}) == len(NAMES)


def test_each_alarm_rings_in_a_test() -> None:
    assert alarms.cases().keys() == {alarm.name for alarm in ALARMS}


def commands(program: str) -> list[list[str]]:
    """Return the words of the commands of a program, from the code in both pages."""
    found = {code.partition(" ")[2] for code in CODE if code.startswith(f"{program} ")}
    return [code.split() for code in sorted(found)]


@pytest.mark.parametrize("words", commands("lifestream"), ids=" ".join)
def test_the_command_of_the_client_exists(words: list[str]) -> None:
    command: Any = load(words[0])
    options = {name for parameter in command.params for name in parameter.opts}

    assert {word for word in words if word.startswith("--")} <= options


@pytest.mark.parametrize("words", commands("make"), ids=" ".join)
def test_the_target_exists(words: list[str]) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert words[0] in targets


@pytest.mark.parametrize("words", commands("aws"), ids=" ".join)
def test_the_command_of_aws_exists(words: list[str]) -> None:
    """The AWS CLI names its commands and options after the API's operations and their members."""
    service, command, *rest = words
    client = {"s3api": "s3"}.get(service, service)
    model = botocore.session.get_session().get_service_model(client)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(operations[command]).input_shape
    known = {f"--{xform_name(name, '-')}" for name in (shape.members if shape else ())}
    given = {word for word in rest if word.startswith("--")}

    assert given <= known


@pytest.mark.parametrize("query", re.findall(r"saved quer(?:y|ies)\s+`([^`]+)`", TEXT))
def test_the_saved_query_exists(query: str) -> None:
    assert query in QUERIES


@pytest.mark.parametrize("title", sorted(set(re.findall(r"graph\s+\*([^*]+)\*", TEXT))))
def test_the_graph_exists(title: str) -> None:
    assert title in shown(metrics_dashboard(synthesized()))
