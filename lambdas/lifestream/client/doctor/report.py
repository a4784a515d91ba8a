"""Print each finding when it is known, as text or as JSON, and return the exit code."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable

from rich.console import Console

from lifestream.client.commands.terminal import plain
from lifestream.client.doctor.findings import Finding, Verdict

COLOURS = {
    Verdict.OK: "green",
    Verdict.NOTE: "cyan",
    Verdict.FIXED: "green",
    Verdict.WARNING: "yellow",
    Verdict.FAILED: "red",
}
VERDICT_WIDTH = max(map(len, Verdict))


def report(findings: Iterable[Finding], console: Console, *, as_json: bool) -> int:
    """Print one line per finding. Return the exit code: 1 if a check failed."""
    verdicts: Counter[Verdict] = Counter()
    for finding in findings:
        verdicts[finding.verdict] += 1
        if as_json:
            sys.stdout.write(finding.model_dump_json() + "\n")
        else:
            console.print(line(finding), soft_wrap=True)
    if not as_json:
        console.print(f"\n{verdicts[Verdict.FAILED]} failed, {verdicts[Verdict.WARNING]} warnings")
    return 1 if verdicts[Verdict.FAILED] else 0


def line(finding: Finding) -> str:
    verdict = f"[{COLOURS[finding.verdict]}]{finding.verdict:{VERDICT_WIDTH}}[/]"
    advice = f". {plain(finding.advice)}" if finding.advice else ""
    return f"{verdict}  [bold]{plain(finding.what)}[/]: {plain(finding.detail)}{advice}"
