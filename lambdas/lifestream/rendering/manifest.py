"""The manifest of the results: engines, models, settings, code version, source and speakers."""

from __future__ import annotations

from typing import Literal

from lifestream.domain.base import Frozen
from lifestream.domain.chunks import Indexed
from lifestream.domain.job import JobStatus
from lifestream.domain.options import JobOptions
from lifestream.domain.parts import MissingPart, SwitchedOff
from lifestream.domain.summary import Usage
from lifestream.domain.transcript import Engines, Source, Speaker


class Manifest(Frozen):
    """Times are left out on purpose: the same inputs give a byte-identical file.

    `speakers` is None in manifests of earlier versions."""

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
    code_version: str
    files: tuple[str, ...]
    missing: tuple[MissingPart, ...]
    switched_off: tuple[SwitchedOff, ...] = ()
