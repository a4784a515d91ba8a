"""Output for people in a terminal of 80 columns."""

from __future__ import annotations

import io

from rich.console import Console

from lifestream.client.commands.display import hits_table
from lifestream.engines.vector_index import Hit


def a_hit(text: str, *, key: str = "uploads/a-very-long-name-of-a-meeting-of-ours.mp4") -> Hit:
    return Hit(
        job_id="j",
        key=key,
        score=0.5,
        start_seconds=3_725,
        end_seconds=3_790,
        speakers=("SPEAKER_00", "SPEAKER_01"),
        text=text,
    )


def test_every_hit_is_one_line_that_fits_80_columns() -> None:
    long = "This comes first. " + "The budget is forty thousand dollars and then some more. " * 9
    console = Console(file=io.StringIO(), width=80)

    console.print(hits_table([a_hit(long), a_hit("evil \x1b[2J\n[red]budget")], "budget"))

    assert isinstance(console.file, io.StringIO)
    lines = [line.rstrip() for line in console.file.getvalue().splitlines() if line.strip()]
    assert max(map(len, lines)) <= 80
    head, _, first, second = lines
    assert head.split() == ["Video", "At", "Said", "by", "Said"]
    assert "1:02:05   Speaker 00…   … The budget is forty" in first
    assert first.endswith("…")
    assert second.endswith("evil [2J [red]budget")
