"""The manifest of the results: engines, models, settings, code version, source and speakers."""

from __future__ import annotations

from typing import Literal

from lifestream.domain.base import Frozen
from lifestream.domain.chunks import Indexed
from lifestream.domain.job import JobStatus
from lifestream.domain.options import JobOptions
from lifestream.domain.parts import MissingPart, SwitchedOff
from lifestream.domain.summary import Summary, Usage
from lifestream.domain.transcript import Engines, Source, Speaker


class Manifest(Frozen):
    """Times are left out on purpose: the same inputs give a byte-identical file.

    `model_dollars` is what the calls of models for these results cost; None if the price of one
    is not known. What machines cost is not known yet: the job's row has it, once the job has
    ended. `speakers` and `model_dollars` are None in manifests of earlier versions.
    """

    schema_version: Literal["1"] = "1"
    job_id: str
    status: JobStatus
    source: Source
    duration_seconds: float
    speakers: tuple[Speaker, ...] | None = None
    options: JobOptions
    engines: Engines
    summary_engine: str | None
    summary_usage: Usage | None
    indexed: Indexed | None
    model_dollars: float | None = None
    code_version: str
    files: tuple[str, ...]
    missing: tuple[MissingPart, ...]
    switched_off: tuple[SwitchedOff, ...] = ()


def paid(*made: Summary | Indexed | None) -> float | None:
    """Return what calls of models cost in dollars, or None if the price of one is not known."""
    dollars = [one.usage.dollars for one in made if one]
    return None if None in dollars else round(sum(filter(None, dollars)), 6)
