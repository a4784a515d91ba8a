"""The fault matrix: its cases, and from the tests' own markers, what is injected and what holds."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[2] / "tests"
GROUPS = {
    "A": "What arrives",
    "B": "Dispatcher and queues",
    "C": "State machine",
    "D": "GPU container",
    "E": "Media",
    "F": "External services",
}
CASES = {
    "A1": "the same event many times",
    "A2": "events out of order",
    "A3": "two overwrites of a key in flight",
    "A4": "s3:TestEvent, alone or between others",
    "A5": "events of other kinds",
    "A6": "several records in one message",
    "A7": "a body that is no message",
    "A8": "keys with any character",
    "A9": "S3's and EventBridge's form of an event",
    "A10": "a zero-byte object, a folder's key",
    "A11": "the object is deleted before processing",
    "A12": "an upload in parts, its ETag no MD5",
    "A13": "the object changes between two reads",
    "A14": "the event is lost",
    "A15": "a message of 1 MB",
    "A16": "the output triggers itself",
    "A17": "a message that lies about a job",
    "B1": "the dispatcher dies before StartExecution",
    "B2": "the dispatcher dies after StartExecution",
    "B3": "a batch fails in part",
    "B4": "the handler's answer loses a message",
    "B5": "the handler is slower than the visibility timeout",
    "B6": "StartExecution is throttled",
    "B7": "the last receive fails",
    "B8": "a poison message among good ones",
    "B9": "DLQ messages are redriven after the repair",
    "B10": "a finished job is redriven",
    "B11": "the job's row is gone before a redrive",
    "B12": "a burst",
    "B13": "the DLQ message cannot be sent",
    "C1": "a crash at every durable write",
    "C2": "two crashes",
    "C3": "a state beyond 256 KiB",
    "C4": "a history beyond 25,000 events",
    "C5": "transient errors, then success",
    "C6": "a permanent error",
    "C7": "a step never returns",
    "C8": "the limit of the whole machine",
    "C9": "StopExecution",
    "C10": "Catch and rule both fire",
    "C11": "a late answer after a timeout",
    "C12": "a heartbeat is missing",
    "C13": "the definition changes while executions run",
    "C14": "a stale attempt finishes after success",
    "C15": "the arithmetic of all retries",
    "D1": "a spot interruption",
    "D2": "killed again and again",
    "D3": "no capacity",
    "D4": "the image cannot be pulled",
    "D5": "out of memory",
    "D6": "exit code 0 without output",
    "D7": "half-written output",
    "D8": "the disk is full",
    "D9": "a model is missing or damaged",
    "D10": "diarization fails, recognition works",
    "D11": "two workers take the same job",
    "D12": "clocks differ",
    "E1": "no audio track",
    "E2": "nothing is said",
    "E3": "truncated and damaged files",
    "E4": "12 and 36 hours",
    "E5": "odd tracks, rates, layouts",
    "E6": "the header lies about the length",
    "E7": "timestamps with gaps, start not zero",
    "E8": "content and name disagree",
    "E9": "lengths at the edges",
    "E10": "overlap, many speakers, one speaker",
    "F1": "OpenAI is busy or unreachable",
    "F2": "OpenAI refuses the key, no quota",
    "F3": "OpenAI answers out of the schema",
    "F4": "the transcript is longer than a request",
    "F5": "the answer is lost after the work was done",
    "F6": "Pinecone takes a part of the batches",
    "F7": "Pinecone shows writes late",
    "F8": "a new run has fewer passages",
    "F9": "wrong dimension, metadata beyond 40 KB",
    "F10": "Secrets Manager throttles, a key is rotated",
}
NOT_INJECTED = {
    "C12": "the container is run with `.sync`: there is no heartbeat to miss. A container that is "
    "gone fails its state at once (D2), one that hangs ends at its limit (C7)",
    "E4": "hours of real media take minutes to make and to decode; extraction streams and holds "
    "one block, but the memory of the engines on long recordings is not measured yet",
}
TWINS = {
    "C12": "test_a_container_that_is_gone_fails_its_state",
    "E4": "test_a_long_recording_stays_in_its_memory",
}
"""Case → the test marked `aws` that shows it on a deployed stage."""


@dataclass(frozen=True)
class Proof:
    """One marker of one test."""

    case: str
    by: str
    so: str
    path: Path
    test: str


@cache
def proofs() -> list[Proof]:
    """Every `@pytest.mark.fault(case, by=…, so=…)` of the tests."""
    return [proof for path in sorted(TESTS.rglob("test_*.py")) for proof in _proofs_in(path)]


def tests_on_aws() -> set[str]:
    trees = [ast.parse(path.read_text()) for path in (TESTS / "aws").glob("test_*.py")]
    return {node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)}


def table() -> str:
    """Markdown: one row a case, in the order of the matrix."""
    found: dict[str, list[Proof]] = defaultdict(list)
    for proof in proofs():
        found[proof.case].append(proof)
    lines: list[str] = []
    for letter, title in GROUPS.items():
        lines += [f"## {letter}: {title}", ""]
        lines += ["| Case | Fault | Injection | What holds | Test |", "|---|---|---|---|---|"]
        cases = [case for case in CASES if case.startswith(letter)]
        lines += [_row(case, found[case]) for case in cases] + [""]
    return "\n".join(lines).rstrip()


def _row(case: str, proven: list[Proof]) -> str:
    if not proven:
        twin = f"`{TWINS[case]}` (aws)"
        return f"| {case} | {CASES[case]} | not injected here | {NOT_INJECTED[case]} | {twin} |"
    by = "<br>".join(proof.by for proof in proven)
    so = "<br>".join(proof.so for proof in proven)
    tests = "<br>".join(
        f"[{proof.test.removeprefix('test_').replace('_', ' ')}]"
        f"(../tests/{proof.path.relative_to(TESTS)})"
        for proof in proven
    )
    return f"| {case} | {CASES[case]} | {by} | {so} | {tests} |"


def _proofs_in(path: Path) -> Iterator[Proof]:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            for decorator in reversed(node.decorator_list):
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith(
                    "mark.fault"
                ):
                    [case] = [ast.literal_eval(argument) for argument in decorator.args]
                    words = {k.arg: ast.literal_eval(k.value) for k in decorator.keywords}
                    yield Proof(case, words["by"], words["so"], path, node.name)
