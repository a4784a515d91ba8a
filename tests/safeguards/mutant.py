"""One safeguard, and how to remove it."""

from __future__ import annotations

from dataclasses import dataclass

UNIT = ("dispatcher", "messages", "artifacts", "job_table", "step", "record_failure")
SIMULATED = (*(f"tests/unit/test_{name}.py" for name in UNIT), "tests/reliability")
SYNTHESIZED = ("tests/infrastructure/test_workflow.py", *SIMULATED)


@dataclass(frozen=True)
class Mutant:
    """`without` a safeguard: `old` in `file` becomes `new`."""

    without: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...] = SIMULATED
