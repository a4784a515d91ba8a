"""Show the result of a job in a few lines: its steps, its content, and where its files are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from cdk_app.local.progress import heading, step_line
from cdk_app.local.run import Outcome
from lifestream.client.commands import display
from lifestream.client.commands.terminal import plain
from lifestream.client.results import PAGE
from lifestream.domain.summary import Summary
from lifestream.domain.text import clock
from lifestream.rendering.manifest import Manifest
from lifestream.rest.jobs import Job


def outcome_lines(outcome: Outcome) -> Iterator[RenderableType]:
    if outcome.record is None:
        return
    manifest = _manifest(outcome.results) if outcome.results else None
    yield heading(outcome, clock(manifest.duration_seconds) if manifest else "")
    if outcome.results is None or manifest is None:
        yield from display.remarks(Job.of(outcome.record))
        return
    yield step_line(outcome.states)
    yield from display.remarks(Job.of(outcome.record))
    yield from _summary(outcome.results)
    yield ", ".join(_facts(outcome.results))
    yield f"Engines: {', '.join(_engines(manifest))}"
    yield f"Open {plain(str(outcome.results / PAGE))}"


def _manifest(results: Path) -> Manifest:
    return Manifest.model_validate_json((results / "manifest.json").read_text())


def _summary(results: Path) -> Iterator[str]:
    path = results / "summary.json"
    if path.exists():
        summary = Summary.model_validate_json(path.read_text())
        if not summary.is_extract:
            yield f"[bold]{plain(summary.title)}[/]"
        yield plain(summary.abstract)


def _facts(results: Path) -> Iterator[str]:
    quality: dict[str, Any] = json.loads((results / "quality.json").read_text())
    count = quality["speakers"]
    yield f"{count} speaker" if count == 1 else f"{count} speakers"
    yield f"{quality['words']} words"
    left_out = sum(span["end_seconds"] - span["start_seconds"] for span in quality["flagged"])
    if left_out:
        yield f"{left_out:.0f} s left out as unreliable"


def _engines(manifest: Manifest) -> Iterator[str]:
    engines = manifest.engines
    yield from filter(None, (engines.transcription, engines.diarization, manifest.summary_engine))
