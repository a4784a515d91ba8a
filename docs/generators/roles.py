"""List what each IAM role of the template can reach, and what an attacker could do with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from infrastructure.templates import synthesized
from pipeline.grants import named

OF_CODE = re.compile(r"(FunctionService|TaskTask|StateMachine)Role$")
READING = ("s3:GetObject",)
WRITING = ("s3:PutObject", "s3:DeleteObject")
LEFT_OUT = (
    "logs:",
    "xray:",
    "ecr:",
    "s3:GetObjectVersion",
    "s3:DeleteObjectVersion",
    "s3:AbortMultipartUpload",
    "sqs:Get",
)
"""Actions that write logs and traces, pull the image, or come with another action."""
ROWS = "Change status, attempt and progress of any job whose id is known."
TAKEOVER = {
    "InspectVideo": "Read any upload whose name is known. " + ROWS,
    "ExtractAudio": "Read any upload whose name is known. Replace the audio of any job. " + ROWS,
    "TranscribeSpeech": "Read the audio and replace the transcript of any job whose id is known. "
    + ROWS,
    "SummarizeTranscript": "Read the transcript and replace the summary of any job whose id is "
    "known. Read the vendors' API keys. " + ROWS,
    "IndexTranscript": "Read the transcript of any job whose id is known, the names of uploads and "
    "the vendors' API keys. Replace the whole index. " + ROWS,
    "PublishResults": "Read the transcript and the summary of any job whose id is known, and named "
    "voiceprints. Replace published results. Make a search for a name find the wrong jobs. " + ROWS,
    "RecordSuccess": ROWS + " Point readers to other results.",
    "RecordFailure": "Free GPU slots. " + ROWS,
    "Dispatcher": "Start jobs, which costs money, and replace rows, so that it looks as if a job "
    "never ran. It cannot read videos or text.",
    "RecoveryExecutionEnded": "Change rows and slots, send DLQ messages, and stop containers. It "
    "cannot read videos or text.",
    "RecoveryReconciler": "Do everything that RecoveryExecutionEnded can do. Stop and start any "
    "job, and list the names of uploads.",
    "Erasure": "Delete everything about any job, with all versions, and write receipts. Read DLQ "
    "messages, what is being erased and the vendors' API keys, but no videos and no text.",
    "Webhook": "Read the vendors' API keys, and the address of the manifest in each event.",
    "Api": "Do at once what all users together may do: read videos, results, voiceprints and the "
    "index, add videos, rewrite results, cancel, redrive and erase jobs. Read the vendors' API "
    "keys, and sign receipts of erasures that never happened.",
    "Workflow": "Call any step with any input. None of our code runs with this role.",
}


def table() -> str:
    """Markdown: one row per role. Raises ValueError if `TAKEOVER` lacks a role."""
    roles = _roles()
    if roles.keys() != TAKEOVER.keys():
        raise ValueError(f"TAKEOVER does not match the roles: {roles.keys() ^ TAKEOVER.keys()}")
    rows = [
        "| Role | Reads in the bucket | Writes in the bucket | Calls | What an attacker could do |",
        "|---|---|---|---|---|",
    ]
    for role, statements in sorted(roles.items()):
        reads, writes = (_prefixes(statements, of) for of in (READING, WRITING))
        calls = ", ".join(sorted(set(_calls(statements))))
        rows.append(f"| {role} | {reads} | {writes} | {calls} | {TAKEOVER[role]} |")
    return "\n".join(rows)


def _roles() -> dict[str, list[dict[str, Any]]]:
    """Return the statements of each role by its name, without roles that only AWS uses."""
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
            if action not in READING + WRITING and not action.startswith(LEFT_OUT):
                yield f"`{action}`"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(resource: Any) -> str:
    """Return an ARN in which references are names."""
    if isinstance(resource, str):
        return resource
    if "Fn::Join" in resource:
        return "".join(map(_text, resource["Fn::Join"][1]))
    [reference] = resource.values()
    return named(str(reference[0] if isinstance(reference, list) else reference))
