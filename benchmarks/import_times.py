"""Measure the imports that a user or Lambda waits for: of the client, the dispatcher and the API.

Each import runs in its own process, in turns. The figures are CPU time, so that other work on the
machine does not change them: the minimum, and the median of the ratios to `import boto3`.
"""

from __future__ import annotations

import os
import statistics
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

LAMBDAS = Path(__file__).parent.parent / "lambdas"
TURNS = 15
BASE = "import boto3"
CLIENT = "from lifestream.client import VideoService"
DISPATCHER = "import triggers.dispatcher"
API = "import triggers.api"


def main() -> None:
    turns = [{s: seconds(s) for s in ("pass", BASE, CLIENT, DISPATCHER, API)} for _ in range(TURNS)]
    table = Table("statement", "ms", "over boto3", "ratio", title=f"CPU time, {TURNS} turns")
    shortest = {statement: min(turn[statement] for turn in turns) for statement in turns[0]}
    for statement, best in shortest.items():
        ratio = statistics.median(turn[statement] / turn[BASE] for turn in turns)
        over = best - shortest[BASE]
        table.add_row(statement, f"{best * 1e3:.0f}", f"{over * 1e3:+.0f}", f"{ratio:.2f}")
    Console().print(table)


def seconds(statement: str) -> float:
    environment = os.environ | {"PYTHONPATH": str(LAMBDAS)}
    process = os.posix_spawn(sys.executable, [sys.executable, "-c", statement], environment)
    _, status, used = os.wait4(process, 0)
    if status:
        raise RuntimeError(f"{statement!r} failed")
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
