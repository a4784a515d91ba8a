"""List the cases of the fault matrix, with what the markers of the tests say about them."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[2] / "tests"
GROUPS = {
    "A": "Events and messages",
    "B": "Dispatcher and queues",
    "C": "State machine",
    "D": "GPU container",
    "E": "Media",
    "F": "External services",
    "G": "Erasures",
}
CASES = {
    "A1": "the same event arrives many times",
    "A2": "events arrive out of order",
    "A3": "a key is overwritten while its job runs",
    "A4": "s3:TestEvent",
    "A5": "events of other types",
    "A6": "several records in one message",
    "A7": "a body that is not a job",
    "A8": "keys with any character",
    "A9": "S3's and EventBridge's form of an event",
    "A10": "a zero-byte object; a folder's key",
    "A11": "the object is deleted before it is processed",
    "A12": "a multipart upload, whose ETag is not an MD5",
    "A13": "the object changes between two reads",
    "A14": "the event is lost",
    "A15": "a message of 1 MB",
    "A16": "the pipeline's output triggers the pipeline",
    "A17": "a message that makes false claims about a job",
    "B1": "the dispatcher dies before StartExecution",
    "B2": "the dispatcher dies after StartExecution",
    "B3": "a batch fails in part",
    "B4": "a failed message is missing from the handler's response",
    "B5": "the handler is slower than the visibility timeout",
    "B6": "StartExecution is throttled",
    "B7": "the last receive fails",
    "B8": "a poison message among good ones",
    "B9": "DLQ messages are redriven after the repair",
    "B10": "a finished job is redriven",
    "B11": "the job's row is gone before a redrive",
    "B12": "a burst of uploads",
    "B13": "the DLQ message cannot be sent",
    "B14": "a day has cost as much as it may",
    "C1": "a crash at any durable write",
    "C2": "two crashes in one job",
    "C3": "a state beyond 256 KiB",
    "C4": "a history beyond 25,000 events",
    "C5": "transient errors, then success",
    "C6": "a permanent error",
    "C7": "a step never returns",
    "C8": "the execution's timeout",
    "C9": "StopExecution",
    "C10": "the Catch and the EventBridge rule both fire",
    "C11": "an answer arrives after the timeout",
    "C12": "a missing heartbeat",
    "C13": "the definition changes while executions run",
    "C14": "an old attempt finishes after a success",
    "C15": "all retries together",
    "D1": "a Spot interruption",
    "D2": "the container is killed again and again",
    "D3": "no GPU capacity",
    "D4": "the image cannot be pulled",
    "D5": "out of memory",
    "D6": "exit code 0 without output",
    "D7": "half-written output",
    "D8": "the disk is full, or the CUDA libraries do not work",
    "D9": "a model is missing or damaged",
    "D10": "diarization fails, recognition works",
    "D11": "two workers take the same job",
    "D12": "clocks differ",
    "E1": "no audio track",
    "E2": "no speech",
    "E3": "truncated and damaged files",
    "E4": "recordings of 12 and 36 hours",
    "E5": "unusual tracks, rates and layouts",
    "E6": "a wrong duration in the header",
    "E7": "timestamps with gaps, or not starting at zero",
    "E8": "the content does not match the name",
    "E9": "very short and boundary durations",
    "E10": "overlap, many speakers, one speaker",
    "F1": "OpenAI is busy or unreachable",
    "F2": "OpenAI refuses the key, or the quota is used up",
    "F3": "OpenAI's answer does not match the schema",
    "F4": "the transcript is longer than one request",
    "F5": "OpenAI's answer is lost after the call was paid",
    "F6": "Pinecone accepts only some of the batches",
    "F7": "Pinecone shows writes late",
    "F8": "a new run has fewer passages",
    "F9": "wrong dimension; metadata beyond 40 KB",
    "F10": "Secrets Manager throttles; a key is rotated",
    "G1": "a crash at any write of an erasure",
    "G2": "messages about an erased job arrive",
    "G3": "a job is erased while it runs",
    "G4": "a second erasure of the same job",
}
NOT_INJECTED = {
    "C12": "the container runs with `.sync`, so there is no heartbeat. If the container is gone, "
    "its state fails at once (D2). If it hangs, its timeout ends it (C7)",
    "E4": "hours of real media take minutes to create and decode. Extraction streams and keeps "
    "only one block in memory. The engines' memory on long recordings has not been measured",
}
TWINS = {
    "C12": "test_a_container_that_is_gone_fails_its_state",
    "E4": "test_a_long_recording_stays_in_its_memory",
}
"""Case → the test with the marker `aws` that shows it on a deployed stage."""


@dataclass(frozen=True)
class Injection:
    """One marker of one test: `by` says how the fault is injected, `so` what must be true then."""

    case: str
    by: str
    so: str
    path: Path
    test: str


@cache
def injections() -> list[Injection]:
    """Return every `@pytest.mark.fault(case, by=…, so=…)` of the tests."""
    return [one for path in sorted(TESTS.rglob("test_*.py")) for one in _injections_in(path)]


def tests_on_aws() -> set[str]:
    """Return the names of the tests that run against a deployed stage."""
    trees = [ast.parse(path.read_text()) for path in (TESTS / "aws").glob("test_*.py")]
    return {node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)}


def table() -> str:
    """Return Markdown with one row per case, in the order of `CASES`."""
    found: dict[str, list[Injection]] = defaultdict(list)
    for one in injections():
        found[one.case].append(one)
    lines: list[str] = []
    for group, title in GROUPS.items():
        lines += [f"## {group}: {title}", ""]
        lines += [
            "| Case | Fault | How it is injected | Expected result | Test |",
            "|---|---|---|---|---|",
        ]
        cases = [case for case in CASES if case.startswith(group)]
        lines += [_row(case, found[case]) for case in cases] + [""]
    return "\n".join(lines).rstrip()


def _row(case: str, found: list[Injection]) -> str:
    if not found:
        twin = f"`{TWINS[case]}` (aws)"
        return f"| {case} | {CASES[case]} | not injected | {NOT_INJECTED[case]} | {twin} |"
    by = "<br>".join(one.by for one in found)
    so = "<br>".join(one.so for one in found)
    tests = "<br>".join(
        f"[{one.test.removeprefix('test_').replace('_', ' ')}]"
        f"(../tests/{one.path.relative_to(TESTS)})"
        for one in found
    )
    return f"| {case} | {CASES[case]} | {by} | {so} | {tests} |"


def _injections_in(path: Path) -> Iterator[Injection]:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            for decorator in reversed(node.decorator_list):
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith(
                    "mark.fault"
                ):
                    [case] = [ast.literal_eval(argument) for argument in decorator.args]
                    words = {k.arg: ast.literal_eval(k.value) for k in decorator.keywords}
                    yield Injection(case, words["by"], words["so"], path, node.name)
