"""What each role of the stack reaches, from the synthesized template, and what it would cost if
somebody took over what runs with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from infrastructure.conftest import synthesized
from pipeline.grants import named

OF_CODE = re.compile(r"(FunctionService|TaskTask|StateMachine)Role$")
READING = ("s3:GetObject",)
WRITING = ("s3:PutObject", "s3:DeleteObject")
UNTOLD = ("logs:", "xray:", "ecr:", "s3:GetObjectVersion", "s3:AbortMultipartUpload", "sqs:Get")
"""Writing logs and traces, pulling the image, and what goes along with another action."""
ROWS = "It can change status, attempt and progress of any job whose id is known."
TAKEOVER = {
    "InspectVideo": "Every upload can be read by whoever knows its name. " + ROWS,
    "ExtractAudio": "Every upload can be read by whoever knows its name, and the audio of any "
    "job replaced. " + ROWS,
    "TranscribeSpeech": "The audio and the transcript of any job whose id is known. " + ROWS,
    "SummarizeTranscript": "Any transcript whose job id is known, any summary, and the vendors' "
    "keys. " + ROWS,
    "IndexTranscript": "Any transcript whose job id is known, the names of uploads, the whole "
    "index, and the vendors' keys. " + ROWS,
    "PublishResults": "Any transcript and summary whose job id is known; published results can be "
    "replaced; named voices read. " + ROWS,
    "RecordSuccess": ROWS + " It can send readers to other results.",
    "RecordFailure": "It can give back GPU slots. " + ROWS,
    "Dispatcher": "Jobs can be started and rows replaced: money, and jobs that seem never to "
    "have run. It reads no video and no text.",
    "RecoveryExecutionEnded": "Rows, slots, DLQ messages and running containers. It reads no "
    "video and no text.",
    "RecoveryReconciler": "The same, and it can stop and start any job, and list the names of "
    "uploads.",
    "Webhook": "The vendors' keys, and the address of any result's manifest that it is told of.",
    "Workflow": "Any step can be called with any input. Nobody's code runs with it.",
}


def table() -> str:
    """Markdown: one row per role. Raises ValueError unless something is said of each."""
    roles = _roles()
    if roles.keys() != TAKEOVER.keys():
        raise ValueError(f"say what a takeover costs: {roles.keys() ^ TAKEOVER.keys()}")
    rows = [
        "| Code | Reads in the bucket | Writes in the bucket | Calls | If it is taken over |",
        "|---|---|---|---|---|",
    ]
    for role, statements in sorted(roles.items()):
        reads, writes = (_prefixes(statements, of) for of in (READING, WRITING))
        calls = ", ".join(sorted(set(_calls(statements))))
        rows.append(f"| {role} | {reads} | {writes} | {calls} | {TAKEOVER[role]} |")
    return "\n".join(rows)


def _roles() -> dict[str, list[dict[str, Any]]]:
    """Name → statements. Roles that only AWS uses for our resources have no row."""
    template = synthesized(compute="gpu", webhook_url="https://example.com/hook")
    found: dict[str, list[dict[str, Any]]] = {}
    for policy in template.find_resources("AWS::IAM::Policy").values():
        [role] = policy["Properties"]["Roles"]
        name = OF_CODE.sub("", named(role["Ref"]))
        statements = [
            statement
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Allow"
        ]
        found.setdefault(name, []).extend(statements)
    return {name: statements for name, statements in found.items() if any(_calls(statements))}


def _prefixes(statements: list[dict[str, Any]], actions: tuple[str, ...]) -> str:
    found = {
        f"`{resource.partition('/')[2]}`"
        for statement in statements
        if set(_list(statement["Action"])) & set(actions)
        for resource in map(_text, _list(statement["Resource"]))
    }
    return ", ".join(sorted(found)) or "nothing"


def _calls(statements: list[dict[str, Any]]) -> Iterator[str]:
    for statement in statements:
        for action in _list(statement["Action"]):
            if action not in READING + WRITING and not action.startswith(UNTOLD):
                yield f"`{action}`"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(resource: Any) -> str:
    """An ARN with the names of what it refers to."""
    if isinstance(resource, str):
        return resource
    if "Fn::Join" in resource:
        return "".join(map(_text, resource["Fn::Join"][1]))
    [reference] = resource.values()
    return named(str(reference[0] if isinstance(reference, list) else reference))
